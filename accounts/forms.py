"""Forms of allauth, in our words, and aware of who comes in by single sign-on only."""

from typing import Any

from allauth.account.forms import (
    AddEmailForm,
    ChangeEmailForm,
    ChangePasswordForm,
    ConfirmEmailVerificationCodeForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from allauth.account.forms import LoginForm as DefaultLoginForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MFAReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib import messages
from django.urls import reverse

from accounts import domains
from accounts.access import Actor, origin_of
from accounts.models import User
from accounts.queries import sso
from accounts.services import logins
from accounts.ways_in import only_by_sso

_MISMATCH = "email_password_mismatch"


class Plain(forms.BaseForm):
    """A label says once what a field is for, like every other form here: allauth says it in the field as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            label = str(field.label or "").capitalize()
            field.label = "E-mail address" if label == "Email" else label


class LoginForm(Plain, DefaultLoginForm):
    """Says once an address is typed whether it comes by single sign-on, and refuses its password where it must."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asking = {"hx-get": reverse("sso_hint"), "hx-trigger": "change", "hx-target": "#sso-hint"}
        self.fields["login"].widget.attrs |= asking

    def clean(self) -> Any:
        """A right password and a wrong one are answered the same, so that nobody can try them out here."""
        address = str(self.cleaned_data.get("login", ""))
        required = sso.required_for(address)
        try:
            cleaned = super().clean()
        except forms.ValidationError as error:
            if required is None or error.code != _MISMATCH:
                raise
            raise _refusal(address) from None
        user: User | None = getattr(self, "user", None)
        if user is not None and sso.required_of(user) is not None:
            logins.note_only_sso(user=user, actor=Actor(origin=origin_of(context.request)))
            raise _refusal(address)
        return cleaned


class NewAccountForm(Plain, SignupForm):
    """An account of an address that comes by single sign-on is made there."""

    def clean_email(self) -> str:
        if sso.required_for(self.cleaned_data["email"]) is not None:
            raise _refusal(self.cleaned_data["email"])
        return str(super().clean_email())


class ChangeAddressForm(AddEmailForm):
    """Nobody leaves their organization's single sign-on, or comes into another's, by a new address."""

    def clean_email(self) -> str:
        if sso.required_of(self.user) is not None:
            raise forms.ValidationError(
                f"{domains.of_address(self.user.email)} logs you in by single sign-on, so the address is its own."
            )
        if sso.required_for(self.cleaned_data["email"]) is not None:
            raise _refusal(self.cleaned_data["email"])
        return str(super().clean_email())


class OtherAddressForm(Plain, ChangeEmailForm):
    """While an address waits to be confirmed, another takes its place."""

    def clean_email(self) -> str:
        if sso.required_for(self.cleaned_data["email"]) is not None:
            raise _refusal(self.cleaned_data["email"])
        return str(super().clean_email())


class ResetForm(Plain, ResetPasswordForm):
    """Of the addresses that come by single sign-on, only owners' get a link; who they are is told to nobody."""

    def clean_email(self) -> str:
        email = str(super().clean_email())
        if sso.required_for(email) is not None:
            found = [user for user in getattr(self, "users", []) if sso.required_of(user) is None]
            self.users = found
            messages.info(context.request, only_by_sso(email))
        return email


class NewPasswordForm(Plain, ChangePasswordForm):
    """The password of somebody who knows the one before."""


class FirstPasswordForm(Plain, SetPasswordForm):
    """A password for an account that had none."""


class ChosenPasswordForm(Plain, ResetPasswordKeyForm):
    """The password of somebody who came by the link of a mail."""


class ProofForm(Plain, ReauthenticateForm):
    """The password once more."""


class EmailCodeForm(Plain, ConfirmEmailVerificationCodeForm):
    """The code of a mail."""


class CodeForm(Plain, AuthenticateForm):
    """A code as the second factor of a login."""


class CodeProofForm(Plain, MFAReauthenticateForm):
    """A code once more."""


class AppForm(Plain, ActivateTOTPForm):
    """The first code of an authenticator app."""


class AddPasskeyForm(AddWebAuthnForm):
    """A passkey logs in alone, unless the person wants it as a second factor only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        alone = self.fields["passwordless"]
        alone.label, alone.initial = "Log in with it alone, without a password", True
        alone.help_text = (
            "Your device then asks for a finger, a face or a PIN. Without this it is a second factor only."
        )


def _refusal(address: str) -> forms.ValidationError:
    return forms.ValidationError(only_by_sso(address), code="only_by_sso")
