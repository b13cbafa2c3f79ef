"""The usage ledger is written, in the transaction of the fact itself: both are there, or neither.

    ledger.post(organization_id=7, postings=[Posting("job:…:llm_output_tokens", Meter.OUTPUT_TOKENS, 512, now)])

Whoever has a fact to tell names it by a key. Posting the same key again does nothing, so whatever tries twice, or
comes late after a crash, counts once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from accounts.billing.meters import Meter
from accounts.billing.months import day_of
from accounts.errors import Conflict
from accounts.models import UsageEntry


@dataclass(frozen=True, slots=True)
class Posting:
    """A fact of use; `quantity` is negative for a correction. The day is that of `at` (UTC) unless it is given."""

    key: str
    meter: Meter
    quantity: int
    at: datetime
    project_id: int | None = None
    model: str = ""
    currency: str = ""
    on: date | None = None

    @property
    def day(self) -> date:
        return self.on or day_of(self.at)


def post(*, organization_id: int, postings: Sequence[Posting]) -> int:
    """Write what is new, in one statement; how many entries. Zeros are nothing, and leave no entry.

    Raises Conflict where a key was posted with another quantity, day, project, meter, model or currency before,
    and RuntimeError outside of a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Usage is to be posted in the transaction of the fact.")
    # In one order for everybody, so that two who post the same cannot wait for each other.
    given = sorted((posting for posting in postings if posting.quantity), key=lambda posting: posting.key)
    if not given:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_POST, {"organization": organization_id, **_columns(given)})
        written = int(cursor.fetchone()[0])
    if written < len(given):
        _compare(organization_id, given)
    return written


def _columns(postings: Sequence[Posting]) -> dict[str, list[Any]]:
    return {
        "keys": [posting.key for posting in postings],
        "meters": [posting.meter.value for posting in postings],
        "models": [posting.model for posting in postings],
        "currencies": [posting.currency for posting in postings],
        "projects": [posting.project_id for posting in postings],
        "quantities": [posting.quantity for posting in postings],
        "days": [posting.day for posting in postings],
        "moments": [posting.at for posting in postings],
    }


def _compare(organization_id: int, postings: Sequence[Posting]) -> None:
    """What stands under the keys must be what is posted now, but for the moment."""
    known = {
        entry.key: entry
        for entry in UsageEntry.objects.filter(
            organization=organization_id, key__in=[posting.key for posting in postings]
        )
    }
    for posting in postings:
        was, now = _facts(known[posting.key]), _facts(posting)
        if was != now:
            raise Conflict(
                f"Usage '{posting.key}' is in the ledger as {_words(was)}, and cannot be posted as {_words(now)}."
            )


def _facts(of: UsageEntry | Posting) -> dict[str, Any]:
    names = ("quantity", "meter", "day", "project_id", "model", "currency")
    return {name: getattr(of, name) for name in names}


def _words(facts: dict[str, Any]) -> str:
    """`12 events on 2026-11-20, project 7`."""
    rest = [
        f"{name.removesuffix('_id')} {facts[name]}" for name in ("project_id", "model", "currency") if facts[name]
    ]
    return ", ".join([f"{facts['quantity']} {Meter(facts['meter']).value} on {facts['day']}", *rest])


# Entries and sums in one statement; the sums in one order of rows as well. Django's upsert sets a value and cannot
# add to the one that is there.
_POST = """
WITH given AS (
    SELECT * FROM unnest(
        %(keys)s::text[], %(meters)s::text[], %(models)s::text[], %(currencies)s::text[], %(projects)s::bigint[],
        %(quantities)s::bigint[], %(days)s::date[], %(moments)s::timestamptz[]
    ) AS posting (key, meter, model, currency, project_id, quantity, day, at)
), posted AS (
    INSERT INTO accounts_usageentry
        (organization_id, key, meter, model, currency, project_id, quantity, day, at)
    SELECT %(organization)s, key, meter, model, currency, project_id, quantity, day, at FROM given
    ON CONFLICT (organization_id, key) DO NOTHING
    RETURNING meter, model, currency, project_id, quantity, day
), summed AS (
    INSERT INTO accounts_usageday AS kept
        (organization_id, day, meter, project_id, model, currency, quantity)
    SELECT %(organization)s, day, meter, coalesce(project_id, 0), model, currency, sum(quantity)::bigint
    FROM posted
    GROUP BY day, meter, coalesce(project_id, 0), model, currency
    ORDER BY day, meter, coalesce(project_id, 0), model, currency
    ON CONFLICT (organization_id, day, meter, project_id, model, currency)
    DO UPDATE SET quantity = kept.quantity + excluded.quantity
)
SELECT count(*) FROM posted
"""
