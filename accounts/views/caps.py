"""What may be spent on models in a month, by all, in a project or with a key: set and removed by whoever pays."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.access import Actor
from accounts.billing import micro, money
from accounts.billing.queries.spending import Spending, all_capped
from accounts.billing.services import caps
from accounts.billing.services.caps import EVERYBODY, Whose
from accounts.models import Organization, SecretKey
from accounts.models.spending import MOST
from accounts.permissions import Capability

# How the form and addresses name whom a cap is of.
_EVERYBODY = "organization"
_LONGEST_ID = 18  # digits


class CapForm(forms.Form):
    of = forms.ChoiceField(
        label="For",
        help_text="A job has to keep to every cap that holds for it: of all, of its project, of its key.",
    )
    currency = forms.ChoiceField(
        choices=lambda: list(money.named().items()), initial="USD", help_text="Each currency has a cap of its own."
    )
    amount = forms.DecimalField(
        min_value=Decimal(0),
        max_value=micro.in_units(MOST),
        decimal_places=2,
        label="At most a month",
        help_text="From the next job on. With 0, no model that has a price is used.",
    )

    def __init__(self, names: dict[str, str], data: QueryDict | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        cast("forms.ChoiceField", self.fields["of"]).choices = list(names.items())


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str) -> HttpResponse:
    """The caps; a POST sets one. `?of=project:7` is where a project's or key's own page leads."""
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_BILLING)
    names = _names(found)
    given = request.POST if request.method == "POST" else None
    form = CapForm(names, given, initial={"of": request.GET.get("of", _EVERYBODY)})
    if form.is_valid():
        whose = _whose(form.cleaned_data["of"], names)
        cap = caps.put(
            organization=found,
            actor=actor,
            currency=form.cleaned_data["currency"],
            amount=micro.of_units(form.cleaned_data["amount"]),
            whose=whose,
        )
        by = f" by {whose.name}" if whose.name else ""
        messages.success(
            request, f"Up to {micro.written(cap.amount, cap.currency)} a month are spent{by} on models."
        )
        return redirect("settings_caps", found.slug)
    context = _page(found, form, names)
    return render(request, "accounts/settings_caps.html", context, status=422 if form.errors else 200)


@require_POST
def remove(request: HttpRequest, organization: str, currency: str) -> HttpResponse:
    actor = Actor.of(request)
    found = access.organization(actor, slug=organization, capability=Capability.MANAGE_BILLING)
    whose = _whose(request.POST.get("of", _EVERYBODY), _names(found))
    caps.remove(organization=found, actor=actor, currency=currency, whose=whose)
    of = f" by {whose.name}" if whose.name else ""
    messages.success(request, f"Spending in {currency}{of} has no cap of its own any more.")
    return redirect("settings_caps", found.slug)


def _names(organization: Organization) -> dict[str, str]:
    """Whom a cap can be of, as the form names them."""
    # `projects` is analytics' relation: its name is all that is known of it here.
    projects = {f"project:{pk}": f"Project {name}" for pk, name in organization.projects.values_list("pk", "name")}
    usable = SecretKey.objects.filter(organization=organization, revoked_at=None).order_by("name", "pk")
    keys = {f"key:{pk}": f"Key {name}" for pk, name in usable.values_list("pk", "name")}
    return {_EVERYBODY: f"All of {organization.name}", **projects, **keys}


def _whose(of: str, names: dict[str, str]) -> Whose:
    kind, _, number = of.partition(":")
    if not number.isdecimal() or len(number) > _LONGEST_ID:
        return EVERYBODY
    name = names.get(of, f"{kind} that is gone")
    name = f"the {name[:1].lower()}{name[1:]}"
    if kind == "project":
        return Whose(project_id=int(number), name=name)
    return Whose(secret_key_id=int(number), name=name)


def _page(organization: Organization, form: CapForm, names: dict[str, str]) -> dict[str, Any]:
    found = all_capped(organization.pk, now=timezone.now())
    return {
        "organization": organization,
        "section": "keys",
        "tab": "usage",
        "caps": [(cap, _of(cap), names.get(_of(cap), f"A {cap.of} that is gone")) for cap in found],
        "form": form,
    }


def _of(cap: Spending) -> str:
    number = cap.project_id or cap.secret_key_id
    return f"{cap.of}:{number}" if number else _EVERYBODY
