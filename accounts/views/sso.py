"""Single sign-on of an organization: its provider, its domains, and whether there is another way in."""

from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.access import Actor
from accounts.errors import Conflict, Invalid, PlumblineError, RateLimited
from accounts.models import Organization, SingleSignOn
from accounts.models.sso import SSO_ROLES
from accounts.openid.provider import callback_url
from accounts.permissions import Capability, Role
from accounts.queries import sso as shown
from accounts.services import domains, sso
from accounts.social_adapter import TEST
from accounts.views.sso_login import leave


class ProviderForm(forms.Form):
    discovery_url = forms.CharField(
        label="Discovery URL",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://login.example.com/.well-known/openid-configuration"}),
        help_text="The issuer's address will do as well.",
    )
    client_id = forms.CharField(label="Client ID", max_length=255)
    client_secret = forms.CharField(
        max_length=1000, widget=forms.PasswordInput(attrs={"autocomplete": "off"}), help_text="Kept encrypted."
    )
    default_role = forms.TypedChoiceField(
        label="Role of whoever comes for the first time", coerce=Role, choices=SSO_ROLES, initial=Role.VIEWER
    )

    def expect_no_secret(self) -> None:
        """There is one already."""
        self.fields["client_secret"].required = False
        self.fields["client_secret"].help_text = "Leave it empty to keep the one that is there."


class DomainForm(forms.Form):
    domain = forms.CharField(
        max_length=254,
        help_text="As in example.com, of the addresses of your people; subdomains count by themselves.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str) -> HttpResponse:
    """The page, and the provider that is saved on it."""
    actor, found = _entered(request, organization)
    connection = SingleSignOn.objects.filter(organization=found).first()
    if request.method != "POST":
        return _page(request, found)
    form = ProviderForm(request.POST)
    if connection is not None:
        form.expect_no_secret()
    if form.is_valid() and _asked(request, found):
        try:
            sso.configure(organization=found, actor=actor, **form.cleaned_data)
        except Invalid as error:
            _add_errors(form, error)
    if form.errors:
        return _page(request, found, status=422, form=form)
    messages.success(request, "The provider is saved. Test it next.")
    return redirect("settings_sso", found.slug)


@require_POST
def remove(request: HttpRequest, organization: str) -> HttpResponse:
    actor, found = _entered(request, organization)
    sso.remove(connection=_connection(found), actor=actor)
    messages.success(request, "Single sign-on is removed. People log in with their passwords and passkeys.")
    return redirect("settings_sso", found.slug)


@require_POST
def test(request: HttpRequest, organization: str) -> HttpResponseBase:
    _, found = _entered(request, organization)
    connection = _connection(found)
    _asked(request, found)
    return leave(request, connection, data=TEST)


@require_POST
def enforce(request: HttpRequest, organization: str) -> HttpResponse:
    """Make it the only way in, or with `off`, one among others again."""
    actor, found = _entered(request, organization)
    connection = _connection(found)
    if "off" in request.POST:
        sso.make_optional(connection=connection, actor=actor)
        messages.success(request, "Passwords and passkeys open accounts again.")
        return redirect("settings_sso", found.slug)
    ended = sso.enforce(connection=connection, actor=actor)
    word = "session" if ended == 1 else "sessions"
    messages.success(request, f"Single sign-on is the only way in now; {ended} other {word} ended.")
    return redirect("settings_sso", found.slug)


@require_POST
def claim(request: HttpRequest, organization: str) -> HttpResponse:
    actor, found = _entered(request, organization)
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            domains.claim(organization=found, domain=form.cleaned_data["domain"], actor=actor)
        except (Invalid, Conflict) as error:
            _add_errors(form, error)
    if form.errors:
        return _page(request, found, status=422, domain_form=form)
    return redirect("settings_sso", found.slug)


@require_POST
def prove(request: HttpRequest, organization: str, claim_id: int) -> HttpResponse:
    actor, found = _entered(request, organization)
    claimed = access.domain_claim(found, claim_id=claim_id)
    _asked(request, found)
    try:
        proved = domains.prove(claim=claimed, actor=actor)
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, f"{proved.domain} is yours: its people can come by single sign-on.")
    return redirect("settings_sso", found.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, organization: str, claim_id: int) -> HttpResponse:
    """A page that asks, and the POST that does it."""
    actor, found = _entered(request, organization)
    claimed = access.domain_claim(found, claim_id=claim_id)
    if request.method != "POST":
        context = {"organization": found, "section": "keys", "tab": "sso", "claim": claimed}
        return render(request, "accounts/settings_domain_release.html", context)
    domains.release(claim=claimed, actor=actor)
    messages.success(request, f"{claimed.domain} is released.")
    return redirect("settings_sso", found.slug)


def _page(
    request: HttpRequest, found: Organization, *, status: int = 200, **forms_by_name: forms.Form
) -> HttpResponse:
    connection = SingleSignOn.objects.filter(organization=found).select_related("organization").first()
    claims = shown.domains_of(found)
    context = {
        "organization": found,
        "section": "keys",
        "tab": "sso",
        "connection": connection,
        "callback": callback_url(shown.provider_id_of(found)),
        "role": Role(connection.default_role).label if connection else "",
        "domains": claims,
        "proved": [row.domain for row in claims if row.proved_at is not None],
        "affected": shown.affected_members(connection) if connection else 0,
        "form": _provider_form(connection),
        "domain_form": DomainForm(),
        **forms_by_name,
    }
    return render(request, "accounts/settings_sso.html", context, status=status)


def _provider_form(connection: SingleSignOn | None) -> ProviderForm:
    if connection is None:
        return ProviderForm()
    names = ("discovery_url", "client_id", "default_role")
    form = ProviderForm(initial={name: getattr(connection, name) for name in names})
    form.expect_no_secret()
    return form


def _add_errors(form: forms.Form, error: PlumblineError) -> None:
    for item in error.fields:
        form.add_error(item.field if item.field in form.fields else None, item.message)
    if not error.fields:
        form.add_error(None, error.message)


def _asked(request: HttpRequest, organization: Organization) -> bool:
    """Count that other people's servers are asked; raises RateLimited for too many at once."""
    if not ratelimit.consume(request, action="sso_check", key=f"organization-{organization.pk}"):
        raise RateLimited("This asks other servers too often. Wait a minute.", retry_after=60)
    return True


def _entered(request: HttpRequest, organization: str) -> tuple[Actor, Organization]:
    actor = Actor.of(request)
    return actor, access.organization(actor, slug=organization, capability=Capability.MANAGE_SSO)


def _connection(organization: Organization) -> SingleSignOn:
    found = SingleSignOn.objects.filter(organization=organization).select_related("organization").first()
    if found is None:
        raise Conflict("Set up a provider first.")
    return found
