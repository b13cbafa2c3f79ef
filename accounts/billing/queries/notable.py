"""What an organization's pages tell of its tokens, its spending and its payments; cheap enough for each page."""

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from accounts.billing.meters import TOKENS, Meter
from accounts.billing.months import month_after, month_of
from accounts.billing.queries.spending import Spending
from accounts.billing.queries.token_quota import TokenStanding
from accounts.models import Subscription
from accounts.models.subscriptions import GRACE
from accounts.queries.plans import limits_of

# How old it may be.
SECONDS = 15
_NOTABLE = """
SELECT
    (SELECT coalesce(sum(quantity), 0)::bigint FROM accounts_usageday
     WHERE organization_id = %(organization)s AND day >= %(month)s AND day < %(after)s
        AND meter = ANY(%(tokens)s)),
    (SELECT past_due_since FROM accounts_subscription
     WHERE organization_id = %(organization)s AND ended_at IS NULL AND state = %(past_due)s),
    (SELECT json_agg(json_build_array(cap.currency, cap.amount, (
        SELECT coalesce(sum(quantity), 0)::bigint FROM accounts_usageday
        WHERE organization_id = %(organization)s AND day >= %(month)s AND day < %(after)s
            AND meter = %(cost)s AND currency = cap.currency
     )) ORDER BY cap.currency) FROM accounts_spendingcap AS cap WHERE cap.organization_id = %(organization)s)
"""


@dataclass(frozen=True, slots=True)
class Notable:
    """Tokens are None without a quota, or before the first; of caps only what is spent is known, not what is held.

    `due_since` is when a payment first failed, `due_until` when the subscription ends for it; None where none is.
    """

    tokens: TokenStanding | None
    caps: tuple[Spending, ...]
    due_since: datetime | None

    @property
    def due_until(self) -> datetime | None:
        return self.due_since + GRACE if self.due_since else None


def notable(organization_id: int, *, now: datetime) -> Notable:
    """As of a moment ago: each process asks every SECONDS for itself."""
    return _of_moment(organization_id, int(now.timestamp()) // SECONDS * SECONDS)


def forget() -> None:
    """Ask afresh from now on."""
    _of_moment.cache_clear()


@functools.lru_cache(maxsize=4096)
def _of_moment(organization_id: int, second: int) -> Notable:
    month = month_of(datetime.fromtimestamp(second, UTC))
    values: dict[str, Any] = {
        "organization": organization_id,
        "month": month,
        "after": month_after(month),
        "tokens": [meter.value for meter in TOKENS],
        "cost": Meter.COST.value,
        "past_due": Subscription.State.PAST_DUE.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTABLE, values)
        used, due_since, caps = cursor.fetchone()
    limits = limits_of(organization_id) if used else None
    quota = limits.llm_tokens_a_month if limits else None
    return Notable(
        tokens=TokenStanding(limits, quota, used, month) if limits and quota else None,
        caps=tuple(
            Spending(currency=currency, month=month, spent=spent, held=0, cap=amount)
            for currency, amount, spent in caps or ()
        ),
        due_since=due_since,
    )
