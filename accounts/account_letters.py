"""The e-mails about a person's own account, by the names that allauth has for them. No Django here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from accounts import agents
from accounts.letters import Letter, moment

_YOURS = "You get this because it concerns your account on this installation of Plumbline."
_UNDO = "If it was not you, choose a new password at once, look at your sessions and sign out everywhere."
# The old address opens the account no more, so whoever reads there can undo nothing.
_TELL = (
    "If it was not you, tell whoever runs this installation of Plumbline at once: they can give it back to you."
)
_IGNORE = "If you did not ask for this, you need not do anything."


def _confirm(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=f"{context['code']} confirms your e-mail address",
        heading="Confirm your e-mail address",
        paragraphs=("Type this code into the window where you asked for it. It is good for 15 minutes.",),
        code=context["code"],
        why=f"Somebody, probably you, gave this address to Plumbline. {_IGNORE}",
    )


def _exists(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject="You have an account already",
        heading="You have an account already",
        paragraphs=(
            (
                "Somebody, probably you, wanted to create an account with this address, which has one. Log in "
                "with it; if you forgot its password, choose a new one."
            ),
        ),
        label="Choose a new password",
        address=context["password_reset_url"],
        why=_IGNORE,
    )


def _reset(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject="Choose a new password",
        heading="Choose a new password",
        paragraphs=(
            "This link lets you choose a new password for your account. It works once, and for three days.",
        ),
        label="Choose a new password",
        address=context["password_reset_url"],
        why=f"Somebody, probably you, asked for it with this address. {_IGNORE} Your password stays as it is.",
    )


def _notice(heading: str, what: str, otherwise: str = _UNDO) -> Callable[[Mapping[str, Any]], Letter]:
    """A letter that says what was changed, when and from where; `what` may name values of the context.

    `otherwise` is for whoever did not do it; with `_UNDO` comes the way to their sessions.
    """

    def letter(context: Mapping[str, Any]) -> Letter:
        at: datetime = context["timestamp"]
        return Letter(
            subject=heading,
            heading=heading,
            paragraphs=(
                what.format_map(context),
                (
                    f"This was done on {moment(at)} from the address {context['ip']} with "
                    f"{agents.named(context['user_agent'])}."
                ),
                otherwise,
            ),
            label="See your sessions" if otherwise == _UNDO else "",
            address=context["sessions_url"] if otherwise == _UNDO else "",
            why=_YOURS,
        )

    return letter


LETTERS: Mapping[str, Callable[[Mapping[str, Any]], Letter]] = {
    "account/email/email_confirmation": _confirm,
    "account/email/email_confirmation_signup": _confirm,
    "account/email/account_already_exists": _exists,
    "account/email/password_reset_key": _reset,
    "account/email/email_changed": _notice(
        "Your e-mail address was changed",
        "You log in with {to_email} from now on; {from_email} belongs to your account no more.",
        _TELL,
    ),
    "account/email/password_changed": _notice(
        "Your password was changed", "Your password was changed. You are logged out everywhere else."
    ),
    "account/email/password_reset": _notice(
        "Your password was reset",
        "A new password was chosen by a link in an e-mail. You are logged out everywhere.",
    ),
    "account/email/password_set": _notice("Your account has a password", "A password was set for your account."),
    "mfa/email/totp_activated": _notice(
        "An authenticator app protects your account",
        "From now on a login takes a code from your authenticator app as well.",
    ),
    "mfa/email/totp_deactivated": _notice(
        "Your authenticator app was removed", "A login takes no code from an authenticator app any more."
    ),
    "mfa/email/webauthn_added": _notice(
        "A passkey was added", "A passkey or security key was added to your account."
    ),
    "mfa/email/webauthn_removed": _notice(
        "A passkey was removed", "A passkey or security key was removed from your account."
    ),
    "mfa/email/recovery_codes_generated": _notice(
        "You have new recovery codes", "New recovery codes were made for your account; older ones work no more."
    ),
}
