"""Whom invoices are made out to."""

from collections.abc import Mapping

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.models import BillingProfile, Organization
from accounts.permissions import Capability
from accounts.services import audit

FIELDS = ("name", "email", "address", "country", "tax_id")


@transaction.atomic
def change(*, organization: Organization, actor: Actor, values: Mapping[str, str]) -> BillingProfile:
    """With other values of FIELDS, which the caller has validated. Raises Forbidden."""
    actor.require(organization.pk, Capability.MANAGE_BILLING)
    BillingProfile.objects.get_or_create(organization=organization)
    found = BillingProfile.objects.select_for_update().get(organization=organization)
    before = {name: getattr(found, name) for name in FIELDS}
    for name in FIELDS:
        setattr(found, name, values.get(name, before[name]))
    found.save(update_fields=FIELDS)
    if changed := audit.differing(before, {name: getattr(found, name) for name in FIELDS}):
        audit.record(
            action=Action.BILLING_PROFILE_CHANGED,
            actor=actor,
            organization_id=organization.pk,
            target=Target(organization.pk, organization.name),
            before=changed[0],
            after=changed[1],
        )
    return found
