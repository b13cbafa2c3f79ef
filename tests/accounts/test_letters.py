"""The e-mails about an account: every one that allauth may send is ours, in text and HTML, and safe."""

import re
from datetime import UTC, datetime
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.utils import timezone

from accounts.account_letters import LETTERS
from accounts.letters import Letter
from accounts.services import mail

# Of what is switched off: login by code, reset by code, mail to who has no account, several addresses, links.
NEVER_SENT = {
    "account/email/login_code",
    "account/email/password_reset_code",
    "account/email/unknown_account",
    "account/email/email_deleted",
    "account/email/email_confirm",
}
RESET = "https://plumbline.test/reset/?a=1&b=2"
CONTEXT = {
    "code": "BCDF-GHJK",
    "password_reset_url": RESET,
    "timestamp": timezone.now(),
    "ip": "192.0.2.7",
    "sessions_url": "https://plumbline.test/accounts/sessions/",
    "user_agent": "<b>Firefox</b>",
    "from_email": "old@acme.test",
    "to_email": "new@acme.test",
}


def test_every_mail_that_allauth_may_send_is_ours() -> None:
    templates = Path(allauth.__file__).parent / "templates"
    known = {
        str(path.relative_to(templates)).removesuffix("_subject.txt")
        for app in ("account", "mfa")
        for path in (templates / app / "email").glob("*_subject.txt")
    }

    assert set(LETTERS) == known - NEVER_SENT
    assert settings.ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS is False
    assert settings.ACCOUNT_CHANGE_EMAIL is True


@pytest.mark.parametrize("name", LETTERS)
def test_text_and_html_say_the_same(name) -> None:
    letter = LETTERS[name](CONTEXT)

    message = mail.message(letter=letter, to=["new@acme.test"])

    html = str(message.alternatives[0][0])
    seen = plain(html.split("<body>")[1])
    for part in (letter.heading, *letter.paragraphs, letter.code, letter.label, letter.address, letter.why):
        assert part in message.body
        assert plain(part) in seen
    assert "<b>Firefox" not in html
    assert "{" not in message.body
    assert "http://" not in html.replace(RESET, "")


def plain(text: str) -> str:
    """Words alone, whatever marks them up."""
    entities = {"&amp;": "&", "&#x27;": "'", "&lt;": "<", "&gt;": ">", "&quot;": '"'}
    for entity, character in entities.items():
        text = text.replace(entity, character)
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_a_subject_is_one_line() -> None:
    letter = Letter(subject="Join Acme\r\nBcc: all@acme.test", heading="Join", paragraphs=(), why="Because.")

    assert mail.message(letter=letter, to=["a@b.test"]).subject == "Join Acme Bcc: all@acme.test"


def test_a_change_is_told_in_words_and_with_what_to_do() -> None:
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    letter = LETTERS["account/email/password_changed"]({**CONTEXT, "timestamp": at, "user_agent": browser})

    assert letter.paragraphs[1] == (
        "This was done on 1 March 2026 at 12:00 UTC from the address 192.0.2.7 with Firefox on Linux."
    )
    assert letter.address == CONTEXT["sessions_url"]


def test_whoever_lost_their_address_is_not_sent_to_pages_that_they_cannot_open() -> None:
    letter = LETTERS["account/email/email_changed"](CONTEXT)

    assert letter.address == ""
    assert "tell whoever runs this installation" in letter.paragraphs[-1]
