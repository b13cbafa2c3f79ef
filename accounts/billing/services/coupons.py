"""Find the coupon of a code, and use it."""

from datetime import datetime

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import FieldError, Invalid
from accounts.models import Coupon, Organization, PlanPrice, Redemption
from accounts.services import audit


def find(*, code: str, price: PlanPrice, organization: Organization) -> Coupon | None:
    """The coupon, or None for no code. Raises Invalid, naming the field, for one that does not hold here."""
    if not code.strip():
        return None
    found = Coupon.objects.coded(code).first()
    if found is None or found.is_over or _is_used_up(found):
        raise _not("There is no such coupon, or not any more.")
    if found.currency and found.currency != price.currency:
        raise _not(f"This coupon is for prices in {found.currency}.")
    if found.plans.exists() and not found.plans.filter(pk=price.plan_id).exists():
        raise _not(f"This coupon is not for the plan {price.plan.name}.")
    if Redemption.objects.filter(coupon=found, organization=organization).exists():
        raise _not("This coupon was used already.")
    return found


@transaction.atomic
def redeem(*, coupon: Coupon, organization: Organization, actor: Actor, now: datetime) -> Redemption:
    """Use it; the one it has used already where it has. Raises Invalid where it is used up meanwhile."""
    found = Coupon.objects.select_for_update().get(pk=coupon.pk)
    known = Redemption.objects.filter(coupon=found, organization=organization).first()
    if known is not None:
        return known
    if _is_used_up(found):
        raise _not("The coupon was used up meanwhile.")
    made = Redemption.objects.create(coupon=found, organization=organization, redeemed_at=now)
    audit.record(
        action=Action.COUPON_REDEEMED,
        actor=actor,
        organization_id=organization.pk,
        target=Target(found.pk, found.code),
        after={"code": found.code},
    )
    return made


def _is_used_up(coupon: Coupon) -> bool:
    return coupon.max_redemptions is not None and coupon.redemptions.count() >= coupon.max_redemptions


def _not(message: str) -> Invalid:
    return Invalid(message, fields=[FieldError("coupon", message)])
