"""Report what was used over a quota, so that Stripe's next invoice has it."""

from dataclasses import dataclass
from datetime import datetime

from accounts.billing.stripe.catalog import METERS, once
from accounts.billing.stripe.client import api, asking
from accounts.billing.terms import Overage
from accounts.errors import NotFound
from accounts.models import BillingProfile


@dataclass(frozen=True, slots=True)
class Report:
    """So many more blocks (`Metered.blocks`) of an organization were begun, at this moment.

    `identifier` names the report: however often the same is sent within a day, Stripe counts it once. It is made
    of what was counted, e.g. `12:2026-11:events:7` for the blocks up to the seventh, and goes with one `at`.
    """

    organization_id: int
    kind: Overage
    blocks: int
    identifier: str
    at: datetime


def send(report: Report) -> None:
    """Raises NotFound for an organization that is no customer at Stripe, and as `asking` does."""
    profile = BillingProfile.objects.filter(organization=report.organization_id).first()
    if profile is None or not profile.stripe_customer_id:
        raise NotFound("This organization does not pay by Stripe.")
    with asking():
        api().v1.billing.meter_events.create(
            {
                "event_name": METERS[report.kind],
                "identifier": report.identifier,
                "timestamp": int(report.at.timestamp()),
                "payload": {"stripe_customer_id": profile.stripe_customer_id, "value": str(report.blocks)},
            },
            once("usage", report.identifier),  # type: ignore[arg-type]  # a TypedDict of theirs
        )
