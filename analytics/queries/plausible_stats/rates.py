"""Conversion rates: which part of the visitors reached a goal, in percent."""

from collections.abc import Sequence
from dataclasses import replace

from accounts.errors import Invalid
from analytics.plausible_stats.request import RATES
from analytics.plausible_stats.rows import Row
from analytics.queries.plausible_stats.asked import MOST_ROWS, Asked, too_many
from analytics.queries.plausible_stats.table import table
from analytics.queries.plausible_stats.whole import whole

GROUP_RATE = "group_conversion_rate"


def check(asked: Asked) -> None:
    """Raises Invalid for a query of rates that names no goal."""
    if not (wrong := RATES.intersection(asked.query.metrics)):
        return
    if asked.kept.goals is None and not asked.query.by_goal:
        raise Invalid(f"The metric '{min(wrong)}' needs a filter on event:goal, or that dimension.")
    if asked.kept.is_mixed:
        raise Invalid(f"With the metric '{min(wrong)}', filter event:props:… at the top level of filters only.")


def with_rates(asked: Asked, rows: Sequence[Row]) -> list[Row]:
    """The rows, with the rates that were asked for.

    Both divide the visitors who reached the goal: by all visitors, or by those of the row's dimensions other than
    the goal and the properties of its events.
    """
    if not RATES.intersection(asked.query.metrics):
        return list(rows)
    everybody = asked.everybody
    in_all = _all_of(everybody)
    groups = _groups(everybody) if GROUP_RATE in asked.query.metrics else {}
    places = [asked.query.dimensions.index(name) for name in everybody.query.dimensions]
    return [_rated(row, in_all, groups.get(tuple(row.dimensions[place] for place in places))) for row in rows]


def _rated(row: Row, in_all: float, in_group: float | None) -> Row:
    people = row.metrics.get("visitors") or 0
    rates = {"conversion_rate": _percent(people, in_all), GROUP_RATE: _percent(people, in_group or 0)}
    return Row({**row.metrics, **rates}, row.dimensions)


def _percent(part: float, of: float) -> float:
    return part / of * 100 if of else 0.0


def _all_of(everybody: Asked) -> float:
    query = everybody.query.model_copy(update={"dimensions": ()})
    return whole(replace(everybody, query=query)).metrics["visitors"] or 0


def _groups(everybody: Asked) -> dict[tuple[str, ...], float]:
    found = table(everybody)
    if found.is_cut:
        raise too_many(MOST_ROWS, f"the metric {GROUP_RATE}")
    return {row.dimensions: row.metrics["visitors"] or 0 for row in found.rows}
