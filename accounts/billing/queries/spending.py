"""What is spent on models in a month, what is held for calls under way, and what may be spent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.billing.meters import Meter
from accounts.billing.months import midnight, month_after, month_of
from accounts.models import Organization, SpendingCap

# Both in one snapshot: what is settled meanwhile is in one of the two.
_SPENT = """
SELECT
    (SELECT coalesce(sum(quantity), 0)::bigint FROM accounts_usageday
     WHERE organization_id = %(organization)s AND day >= %(month)s AND day < %(after)s
        AND meter = %(cost)s AND currency = %(currency)s),
    (SELECT coalesce(sum(amount), 0)::bigint FROM accounts_reservation
     WHERE organization_id = %(organization)s AND currency = %(currency)s AND state = 'held')
"""

# The same for each of these caps, all in one snapshot. The ledger knows organizations and projects; what a key
# spent is counted beside it.
_UNDER_CAPS = """
SELECT cap.id,
    CASE WHEN cap.secret_key_id IS NULL THEN (
        SELECT coalesce(sum(quantity), 0)::bigint FROM accounts_usageday AS used
        WHERE used.organization_id = cap.organization_id AND used.day >= %(month)s AND used.day < %(after)s
            AND used.meter = %(cost)s AND used.currency = cap.currency
            AND (cap.project_id IS NULL OR used.project_id = cap.project_id)
    ) ELSE (
        SELECT coalesce(sum(amount), 0)::bigint FROM accounts_keyspending AS used
        WHERE used.secret_key_id = cap.secret_key_id AND used.month = %(month)s AND used.currency = cap.currency
    ) END,
    (SELECT coalesce(sum(held.amount), 0)::bigint FROM accounts_reservation AS held
     WHERE held.organization_id = cap.organization_id AND held.currency = cap.currency AND held.state = 'held'
        AND (cap.project_id IS NULL OR held.project_id = cap.project_id)
        AND (cap.secret_key_id IS NULL OR held.secret_key_id = cap.secret_key_id))
FROM accounts_spendingcap AS cap WHERE cap.id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class Spending:
    """Of a month and currency, in micro-units; `cap` is None without one.

    Of one project or with one key where they are named, else of all of the organization.
    """

    currency: str
    month: date
    spent: int
    held: int
    cap: int | None
    project_id: int | None = None
    secret_key_id: int | None = None

    @property
    def taken(self) -> int:
        """What counts against the cap."""
        return self.spent + self.held

    @property
    def left(self) -> int | None:
        return None if self.cap is None else max(0, self.cap - self.taken)

    @property
    def resets_at(self) -> datetime:
        return midnight(month_after(self.month))

    @property
    def of(self) -> str:
        """`organization`, `project` or `key`."""
        if self.project_id is not None:
            return "project"
        return "organization" if self.secret_key_id is None else "key"


def spending(organization_id: int, *, currency: str, cap: int | None, now: datetime) -> Spending:
    """Where the organization stands with one currency at this moment, in one snapshot."""
    values: dict[str, Any] = {"organization": organization_id, "currency": currency, **_month(now)}
    with connection.cursor() as cursor:
        cursor.execute(_SPENT, values)
        spent, held = cursor.fetchone()
    return Spending(currency=currency, month=month_of(now), spent=spent, held=held, cap=cap)


def under(caps: Iterable[SpendingCap], *, now: datetime) -> list[Spending]:
    """Where each of these caps stands, in their order, all at the same moment."""
    given = list(caps)
    if not given:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_CAPS, {"ids": [cap.pk for cap in given], **_month(now)})
        sums = {pk: (spent, held) for pk, spent, held in cursor.fetchall()}
    return [
        Spending(
            currency=cap.currency,
            month=month_of(now),
            spent=sums[cap.pk][0],
            held=sums[cap.pk][1],
            cap=cap.amount,
            project_id=cap.project_id,
            secret_key_id=cap.secret_key_id,
        )
        for cap in given
        if cap.pk in sums
    ]


def capped(organization_id: int, *, now: datetime) -> list[Spending]:
    """Every currency in which the organization as a whole has a cap, by its code."""
    caps = SpendingCap.objects.filter(organization=organization_id, project_id=None, secret_key=None)
    return under(caps.order_by("currency"), now=now)


def all_capped(organization_id: int, *, now: datetime) -> list[Spending]:
    """Every cap: the organization's own first, then of its projects, then of its keys."""
    caps = SpendingCap.objects.filter(organization=organization_id)
    found = under(caps.order_by("currency", "project_id", "secret_key"), now=now)
    return sorted(found, key=lambda one: ("organization", "project", "key").index(one.of))


def holding_for(organization_id: int, *, currency: str, project_id: int | None, secret_key_id: int | None) -> Q:
    """Which caps hold for what is spent so: the organization's, the project's and the key's."""
    own = Q(project_id=None, secret_key=None)
    if project_id is not None:
        own |= Q(project_id=project_id)
    if secret_key_id is not None:
        own |= Q(secret_key=secret_key_id)
    return own & Q(organization=organization_id, currency=currency)


def name_of(found: Spending, organization: Organization) -> str:
    """Of whom a cap is, as in "the project Shop"; empty for the organization as a whole."""
    if found.project_id is not None:
        # `projects` is analytics' relation: its name is all that is known of it here.
        name = organization.projects.filter(pk=found.project_id).values_list("name", flat=True).first()
        return f"the project {name or 'that is gone'}"
    if found.secret_key_id is not None:
        name = organization.secret_keys.filter(pk=found.secret_key_id).values_list("name", flat=True).first()
        return f"the key {name or 'that is gone'}"
    return ""


def _month(now: datetime) -> dict[str, Any]:
    month = month_of(now)
    return {"month": month, "after": month_after(month), "cost": Meter.COST.value}
