"""What conversions brought: the amounts that events of a goal carry as `revenue`, in their `currency`.

A currency is never converted nor added to another: where goals brought several, there is none of the numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from accounts.errors import Invalid
from analytics.plausible_stats.goals import EVERY, Goals
from analytics.plausible_stats.money import Money
from analytics.plausible_stats.request import REVENUE, TIMES
from analytics.plausible_stats.rows import Row
from analytics.queries.plausible_stats.asked import MOST_ROWS, Asked, too_many
from analytics.queries.plausible_stats.whole import label_of

AMOUNT, CURRENCY = "revenue", "properties.currency"
_COLUMNS = [{"aggregation": "sum", "property": AMOUNT}, {"aggregation": "mean", "property": AMOUNT}]
NONE_MATCHING = {
    "code": "no_revenue_goals_matching",
    "warning": "Revenue metrics are null as no event of the query's goals has an amount of revenue.",
}
NO_SINGLE_CURRENCY = {
    "code": "no_single_revenue_currency",
    "warning": "Revenue metrics are null where amounts have several currencies, or none.",
}
# Of a row's dimensions and a currency: sum and mean of the amounts.
Amounts = Mapping[tuple[tuple[str, ...], str], tuple[float, float]]


def check(asked: Asked) -> None:
    """Raises Invalid for more dimensions than amounts can be had by."""
    wrong = REVENUE.intersection(asked.query.metrics)
    if wrong and len(asked.query.dimensions) > 1:
        raise Invalid(f"The metric '{min(wrong)}' goes with one dimension at most.")


def with_revenue(asked: Asked, rows: Sequence[Row]) -> tuple[list[Row], dict[str, dict[str, str]]]:
    """The rows, with the amounts that were asked for, and by metric why some of those are missing."""
    wanted = REVENUE.intersection(asked.query.metrics)
    if not wanted:
        return list(rows), {}
    amounts = _amounts(asked)
    warning = {} if amounts else NONE_MATCHING
    shown = []
    for row in rows:
        currencies = _currencies(asked, row, amounts)
        if len(currencies) > 1 or "" in currencies:
            currencies, warning = set(), NO_SINGLE_CURRENCY
        shown.append(_with(row, amounts, currencies))
    return shown, {name: warning for name in sorted(wanted) if warning}


def _currencies(asked: Asked, row: Row, amounts: Amounts) -> set[str]:
    """Those of the row's goal; of all goals together, where rows are not goals."""
    return {code for key, code in amounts if not asked.query.by_goal or key == row.dimensions}


def _with(row: Row, amounts: Amounts, currencies: Iterable[str]) -> Row:
    """A row of a goal with revenue in which nothing was paid has zeros."""
    found: dict[str, Money | None] = dict.fromkeys(REVENUE)
    for code in currencies:
        total, mean = amounts.get((row.dimensions, code), (0.0, 0.0))
        found = {"total_revenue": Money(total, code), "average_revenue": Money(mean, code)}
    return Row({**row.metrics, **found}, row.dimensions)


def _amounts(asked: Asked) -> Amounts:
    goals = asked.kept.goals or (EVERY if asked.query.by_goal else None)
    if goals is None or goals.events is None:
        return {}
    # Views of pages bring nothing.
    asked = replace(asked, kept=replace(asked.kept, goals=Goals(goals.events)))
    return _over_time(asked) if asked.query.time else _by_value(asked)


def _by_value(asked: Asked) -> Amounts:
    result = asked.broken_down([*asked.fields, CURRENCY], _COLUMNS)
    if result.other is not None:
        raise too_many(MOST_ROWS, "metrics of revenue")
    return {
        (row.group[:-1], row.group[-1]): (row.values[0], row.values[1])
        for row in result.rows
        if row.values[1] is not None
    }


def _over_time(asked: Asked) -> Amounts:
    interval = TIMES[asked.query.time or "time"]
    trend = asked.result(kind="trends", series=_COLUMNS, breakdown=[CURRENCY], interval=interval, limit=100)
    if any(line.other for line in trend.lines):
        raise too_many(100, "metrics of revenue")
    labels = [label_of(span.start, trend.interval, asked.project) for span in trend.intervals]
    sums, means = ({line.group[0]: line.values for line in trend.lines if line.series == at} for at in (0, 1))
    return {
        ((label,), code): (sums[code][place], mean)
        for code, values in means.items()
        for place, (label, mean) in enumerate(zip(labels, values, strict=True))
        if mean is not None
    }
