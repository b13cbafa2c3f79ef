"""What may be spent in a month, by all, in a project or with a key: set by whoever pays, from the next call on."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing import micro
from accounts.billing.money import EXPONENTS
from accounts.errors import FieldError, Invalid, NotFound
from accounts.models import Organization, SecretKey, SpendingCap
from accounts.models.spending import MOST
from accounts.permissions import Capability
from accounts.services import audit


@dataclass(frozen=True, slots=True)
class Whose:
    """Of which project or key a cap is, with its name; of neither it is the organization's own."""

    project_id: int | None = None
    secret_key_id: int | None = None
    name: str = ""


EVERYBODY = Whose()


def of_project(organization: Organization, *, slug: str) -> Whose:
    """Raises Invalid where the organization has no such project."""
    # `projects` is analytics' relation: its name is all that is known of it here.
    found = organization.projects.filter(slug=slug).values_list("pk", "name").first()
    if found is None:
        raise _invalid("project", "The organization has no such project.")
    return Whose(project_id=found[0], name=f"the project {found[1]}")


def of_key(organization: Organization, *, key_id: int) -> Whose:
    """Raises Invalid where the organization has no such key."""
    # Larger numbers are nobody's, and PostgreSQL refuses them.
    known = SecretKey.objects.filter(organization=organization, pk=key_id) if key_id < 2**63 else None
    found = known.first() if known is not None else None
    if found is None:
        raise _invalid("key", "The organization has no such key.")
    return Whose(secret_key_id=found.pk, name=f"the key {found.name}")


@transaction.atomic
def put(
    *, organization: Organization, actor: Actor, currency: str, amount: int, whose: Whose = EVERYBODY
) -> SpendingCap:
    """Set the cap of a currency, in micro-units, whatever it was. What is spent or held already stays as it is.

    Raises Forbidden, and Invalid for a currency that is none or an amount out of range.
    """
    actor.require(organization.pk, Capability.MANAGE_BILLING)
    if currency not in EXPONENTS:
        raise _invalid("currency", "The code of a currency, such as USD.")
    if not 0 <= amount <= MOST:
        raise _invalid("amount", f"From 0 to {micro.written(MOST, currency)}.")
    cap, created = SpendingCap.objects.select_for_update().get_or_create(
        organization=organization,
        currency=currency,
        project_id=whose.project_id,
        secret_key_id=whose.secret_key_id,
        defaults={"amount": amount},
    )
    before = None if created else cap.amount
    if before == amount:
        return cap
    cap.amount, cap.changed_at = amount, timezone.now()
    cap.save(update_fields=["amount", "changed_at"])
    _note(Action.CAP_CHANGED, cap, actor, whose=whose, before=before, after=amount)
    return cap


@transaction.atomic
def remove(*, organization: Organization, actor: Actor, currency: str, whose: Whose = EVERYBODY) -> None:
    """Spend without this cap from now on. Raises Forbidden, and NotFound where there is none."""
    actor.require(organization.pk, Capability.MANAGE_BILLING)
    cap = (
        SpendingCap.objects.select_for_update()
        .filter(
            organization=organization,
            currency=currency,
            project_id=whose.project_id,
            secret_key_id=whose.secret_key_id,
        )
        .first()
    )
    if cap is None:
        raise NotFound(f"There is no such spending cap in {currency}.")
    _note(Action.CAP_REMOVED, cap, actor, whose=whose, before=cap.amount, after=None)
    cap.delete()


def _note(
    action: Action, cap: SpendingCap, actor: Actor, *, whose: Whose, before: int | None, after: int | None
) -> None:
    def shown(amount: int | None) -> dict[str, str] | None:
        return None if amount is None else {"amount": f"{micro.in_units(amount).normalize():f} {cap.currency}"}

    audit.record(
        action=action,
        actor=actor,
        organization_id=cap.organization_id,
        target=Target(cap.pk, f"Spending cap {f'of {whose.name} ' if whose.name else ''}in {cap.currency}"),
        before=shown(before),
        after=shown(after),
    )


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, fields=[FieldError(field, message)])
