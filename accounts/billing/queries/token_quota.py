"""Where an organization stands in its plan's quota of tokens a month (UTC)."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts.billing.months import midnight, month_after, month_of
from accounts.billing.queries.usage import tokens_used
from accounts.queries.plans import Limits, limits_of


@dataclass(frozen=True, slots=True)
class TokenStanding:
    """Tokens of all models that ended this month, of `quota`."""

    limits: Limits
    quota: int
    used: int
    month: date

    @property
    def is_refused(self) -> bool:
        """From the plan's `refuse_from` on, as with events; a plan without one never refuses."""
        percent = self.limits.refuse_from
        return percent is not None and self.used * 100 >= self.quota * percent

    @property
    def resets_at(self) -> datetime:
        return midnight(month_after(self.month))


def token_standing(organization_id: int, *, now: datetime, limits: Limits | None = None) -> TokenStanding | None:
    """None without a quota. `limits` are its plan's, where they are known."""
    limits = limits or limits_of(organization_id)
    if limits.llm_tokens_a_month is None:
        return None
    month = month_of(now)
    return TokenStanding(limits, limits.llm_tokens_a_month, tokens_used(organization_id, month=month), month)
