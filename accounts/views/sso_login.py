"""Logging in by an organization's provider: from an address to it, and back."""

from allauth.account.internal.decorators import login_not_required
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from requests import RequestException

from accounts import domains
from accounts.access import Actor, origin_of
from accounts.errors import Forbidden, NotFound, PlumblineError, note
from accounts.models import SingleSignOn, User
from accounts.openid.provider import OrganizationAdapter, OrganizationProvider, app_of
from accounts.permissions import Capability
from accounts.queries import sso
from accounts.services import sso_logins
from accounts.social_adapter import connection_of

_UNREACHABLE = "The provider does not answer at the moment. Try again in a while."


class AddressForm(forms.Form):
    login = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"}), max_length=254
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponseBase:
    """Asks for the address, and says where it leads; the login page sends one along."""
    # The login page sends its whole form: without an address in it, nothing was answered wrongly yet.
    unasked = "password" in request.POST and not request.POST.get("login")
    if request.method != "POST" or unasked:
        return render(request, "accounts/sso_start.html", {"form": AddressForm()})
    refused: HttpResponseBase | None = ratelimit.consume_or_429(request, action="sso")
    if refused is not None:
        return refused
    form = AddressForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/sso_start.html", {"form": form}, status=422)
    address: str = form.cleaned_data["login"]
    connection = sso.connection_of(address)
    if connection is None:
        form.add_error(
            "login", f"Nobody has set up single sign-on for {domains.of_address(address) or 'this address'} here."
        )
        return render(request, "accounts/sso_start.html", {"form": form}, status=422)
    return leave(request, connection, login_hint=address, next_url=get_next_redirect_url(request))


@never_cache
@require_safe
def hint(request: HttpRequest) -> HttpResponse:
    """What the login page says once an address is typed: whether it comes by single sign-on."""
    connection = sso.connection_of(request.GET.get("login", "").replace("\0", ""))
    return render(request, "accounts/sso_hint.html", {"connection": connection})


@login_not_required  # type: ignore[untyped-decorator]
@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Back from the provider."""
    try:
        connection = connection_of(provider_id)
    except SocialApp.DoesNotExist:
        raise NotFound("There is nothing here, or not for you.") from None
    try:
        response: HttpResponseBase = _Callback.adapter_view(OrganizationAdapter(request, provider_id))(request)
    except (PlumblineError, RequestException) as error:
        return _refused(request, connection, error)
    return response


def leave(request: HttpRequest, connection: SingleSignOn, **options: str | None) -> HttpResponse:
    """A page that goes on to the provider: a form may lead to no other site here, but a page may.

    `options` are of `OrganizationProvider.redirect`. A provider that does not answer becomes a page that says so.
    """
    try:
        provider = OrganizationProvider(request, app=app_of(connection))
        address = provider.redirect(request, "login", **options).headers["Location"]
    except (PlumblineError, RequestException) as error:
        return _refused(request, connection, error)
    return render(request, "accounts/sso_leave.html", {"connection": connection, "address": address})


class _Callback(OAuth2CallbackView):
    """allauth's, which hands what was kept of the login to whoever checks the token."""

    def _get_state(self, request: HttpRequest, provider: OrganizationProvider) -> tuple[object, object]:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response


def _refused(request: HttpRequest, connection: SingleSignOn, error: Exception) -> HttpResponse:
    found = error if isinstance(error, PlumblineError) else Forbidden(_UNREACHABLE)
    note(found)
    sso_logins.note_refused(connection=connection, why=found.message, origin=origin_of(request))
    granted = Actor(user=request.user if isinstance(request.user, User) else None).capabilities_in(
        connection.organization_id
    )
    may_manage = Capability.MANAGE_SSO in granted
    context = {"connection": connection, "why": found.message, "may_manage": may_manage}
    return render(request, "accounts/sso_refused.html", context, status=403)
