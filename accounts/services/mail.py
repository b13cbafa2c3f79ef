"""Send a letter, as text and as HTML."""

import logging
from collections.abc import Sequence
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from accounts.letters import Letter

LOG = logging.getLogger(__name__)


def send(*, letter: Letter, to: Sequence[str]) -> None:
    """One message to these addresses; raises SMTPException or OSError where it cannot be handed over."""
    message(letter=letter, to=to).send()


def send_on_commit(*, letter: Letter, to: Sequence[str]) -> None:
    """Once the transaction is committed; a mail server that fails undoes nothing, and the fault is logged."""

    def hand_over() -> None:
        try:
            send(letter=letter, to=to)
        except (SMTPException, OSError):
            LOG.exception("A mail was not sent: %s", letter.heading)

    transaction.on_commit(hand_over)


def message(*, letter: Letter, to: Sequence[str]) -> EmailMultiAlternatives:
    context = {"letter": letter}
    text = render_to_string("accounts/mail/letter.txt", context)
    made = EmailMultiAlternatives(letter.subject_line, text, settings.DEFAULT_FROM_EMAIL, list(to))
    made.attach_alternative(render_to_string("accounts/mail/letter.html", context), "text/html")
    return made
