"""What models cost by day, as stacked bars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.billing import micro
from analytics.periods import Days, add_months
from analytics.plots.bars import stacked
from analytics.templatetags.formats import day_range, number, short_day, short_number, weekday_and_day
from analytics.views.explore.blocks import BarsBlock, Column, Key, TableBlock
from analytics.views.explore.intervals import labelled
from inference.queries.costs import Billed, Spent

# So many models have a colour of their own, the others share one.
_MOST = 6
_OTHERS = "Others"
# From then on a bar is a month.
_MOST_DAYS = 93


@dataclass(frozen=True, slots=True)
class _Measure:
    """What the bars show: what of a sum, and how that is written, in words and at the axis."""

    label: str
    value: Callable[[Spent], int]
    written: Callable[[float], str]
    axis: Callable[[float], str]


_TOKENS = _Measure("Tokens", lambda spent: spent.all_tokens, number, short_number)


def of_tokens(billed: Billed, days: Days) -> BarsBlock | None:
    """None where there are none."""
    return _block(_TOKENS, billed, days)


def of_costs(billed: Billed, days: Days) -> list[BarsBlock]:
    """One for each currency."""
    blocks = (_block(_cost_in(currency), billed, days) for currency in billed.whole.costs)
    return [block for block in blocks if block is not None]


def _cost_in(currency: str) -> _Measure:
    return _Measure(
        f"Cost in {currency}",
        lambda spent: spent.costs.get(currency, 0),
        lambda amount: micro.written(int(amount), currency),
        lambda amount: f"{micro.in_units(int(amount)).normalize():f}",
    )


def _block(measure: _Measure, billed: Billed, days: Days) -> BarsBlock | None:
    value, written = measure.value, measure.written
    totals = {model: value(spent) for model, spent in billed.by_model.items() if value(spent)}
    if not totals:
        return None
    names = _names(totals)
    steps, name_of = _steps(days)
    place = {step: index for index, step in enumerate(steps)}
    series = [[0.0] * len(steps) for _ in names]
    for (day, model), spent in billed.by_day.items():
        number_of = names.index(model) if model in names else len(names) - 1
        series[number_of][place[_step_of(day, days)]] += value(spent)
    drawing = stacked(series)
    sums = [sum(values) for values in series]
    columns = (Column("Month" if _is_long(days) else "Day", False), *(Column(name, True) for name in names))
    rows = tuple((name_of(step), *map(written, values)) for step, *values in zip(steps, *series, strict=True))
    return BarsBlock(
        label=measure.label,
        caption=f"{measure.label} by {'month' if _is_long(days) else 'day'} (UTC) and model, "
        f"{day_range(days.first, days.last)}: {written(sum(sums))}.",
        drawing=drawing,
        keys=tuple(Key(index, name, written(sums[index])) for index, name in enumerate(names)),
        across=labelled(
            drawing.marks, lambda index: f"{steps[index]:%b %Y}" if _is_long(days) else short_day(steps[index])
        ),
        up=tuple((measure.axis(line.value), line.y) for line in drawing.gridlines),
        table=TableBlock("The numbers", columns, rows),
    )


def _names(totals: Mapping[str, int]) -> list[str]:
    """The models of most, always in one order, so that each keeps its colour; and a word for the others."""
    if len(totals) <= _MOST:
        return list(totals)
    most = sorted(totals, key=lambda model: -totals[model])[: _MOST - 1]
    return [*(model for model in totals if model in most), _OTHERS]


def _is_long(days: Days) -> bool:
    return days.count > _MOST_DAYS


def _step_of(day: date, days: Days) -> date:
    return day.replace(day=1) if _is_long(days) else day


def _steps(days: Days) -> tuple[Sequence[date], Callable[[date], str]]:
    """The days or months of the bars, and how one of them is called."""
    if not _is_long(days):
        return [days.first + timedelta(days=place) for place in range(days.count)], weekday_and_day
    steps = [days.first.replace(day=1)]
    while (after := add_months(steps[-1], 1)) <= days.last:
        steps.append(after)
    return steps, lambda step: f"{step:%B %Y}"
