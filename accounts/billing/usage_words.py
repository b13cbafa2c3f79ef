"""What was used and where it leads, in the words that pages and mails use. No HTML, no Django."""

from datetime import datetime

from accounts.billing import micro
from accounts.billing.queries.spending import Spending
from accounts.billing.queries.token_quota import TokenStanding
from accounts.billing.queries.usage import MeterForecast


def quantity(amount: int, of: str, currency: str = "") -> str:
    """`81,250 events`, `12.34 USD`."""
    return micro.written(amount, currency) if currency else f"{amount:,} {of}"


def forecast_of(item: MeterForecast) -> str:
    """One sentence: where the month ends, and by which days that is told."""
    found = item.forecast
    total = quantity(found.total, item.of, item.currency)
    days = "day before today" if found.days == 1 else f"{found.days} days before today"
    return f"About {total} by the end of the month, if it goes on as in the {days}."


def moment(at: datetime) -> str:
    """`1 December 2026, 00:00 UTC`."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def what_tokens_do(found: TokenStanding) -> str:
    """What happens over the quota of tokens, or does already, until it begins anew."""
    if found.is_refused:
        return "New jobs are refused until then."
    if found.limits.refuse_from:
        return f"From {found.limits.refuse_from} % on new jobs are refused until then."
    return "Jobs are run over the quota as well."


def tokens(found: TokenStanding) -> str:
    """Where the quota of tokens stands, and what comes."""
    return (
        f"{found.used:,} of {found.quota:,} tokens of the plan {found.limits.plan} are used. They begin anew on "
        f"{moment(found.resets_at)}. {what_tokens_do(found)}"
    )


def spent(found: Spending) -> str:
    """Where a cap stands, and what it does."""
    cap, amount = (micro.written(value, found.currency) for value in (found.cap or 0, found.spent))
    return (
        f"{amount} of {cap} are spent on models this month. A job that could exceed the cap is refused; a new "
        f"month begins on {moment(found.resets_at)}."
    )
