"""The answer of revenue: figures for each currency, net over time, groups. No Django here."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from analytics.charts import many_lines
from analytics.kinds.revenue import RevenueResult, RevenueSpec
from analytics.kinds.revenue.result import Line, Money
from analytics.templatetags.formats import ABSENT, number
from analytics.views.explore.blocks import Block, Column, FiguresBlock, Key, LinesBlock, TableBlock
from analytics.views.explore.intervals import across, names, up
from analytics.views.values import group_label

MOST_LINES = 10
_NAMES = ("Net", "Gross", "Refunded", "Orders", "Refunds", "Paying people", "Net a person", "Gross an order")


def blocks(spec: RevenueSpec, result: RevenueResult, zone: ZoneInfo) -> tuple[Block, ...]:
    whole = [line for line in result.lines if line.group is None and not line.other]
    groups = [line for line in result.lines if line not in whole]
    if not any(line.total.orders or line.total.refunds for line in whole):
        return ()
    figures = tuple(
        FiguresBlock(line.currency, tuple(zip(_NAMES, _texts(line.total, result.decimals), strict=True)))
        for line in whole
    )
    over_time = _over_time(spec, result, groups or whole, zone)
    return (*figures, over_time, *((_groups(spec, result, groups),) if groups else ()), *_left_out(result))


def amount(units: float | None, decimals: int) -> str:
    """1999 with two decimals → 19.99."""
    return ABSENT if units is None else f"{units / 10**decimals:,.{decimals}f}"


def _texts(money: Money, decimals: int) -> tuple[str, ...]:
    return (
        amount(money.net, decimals),
        amount(money.gross, decimals),
        amount(money.refunded, decimals),
        number(money.orders),
        number(money.refunds),
        number(money.people),
        amount(money.per_person, decimals),
        amount(money.per_order, decimals),
    )


def _name(spec: RevenueSpec, line: Line) -> str:
    if line.group is None:
        return f"{line.currency}: Other" if line.other else line.currency
    return f"{line.currency}: {group_label(spec.breakdown, line.group)}"


def _over_time(spec: RevenueSpec, result: RevenueResult, lines: Sequence[Line], zone: ZoneInfo) -> LinesBlock:
    shown = lines[:MOST_LINES]
    unit = 10**result.decimals
    drawing = many_lines(
        [[money.net / unit for money in line.values] for line in shown], incomplete=result.incomplete
    )
    called = names(result.intervals, result.interval, zone)
    rows = tuple(
        (name, *(amount(line.values[place].net, result.decimals) for line in shown))
        for place, name in enumerate(called)
    )
    columns = (Column("Interval", False), *(Column(_name(spec, line), True) for line in shown))
    return LinesBlock(
        label="Net over time",
        caption=f"Net revenue by {result.interval.value}: gross without refunds.",
        drawing=drawing,
        keys=tuple(
            Key(place, _name(spec, line), amount(line.total.net, result.decimals))
            for place, line in enumerate(shown)
        ),
        across=across(result.intervals, result.interval, drawing.marks, zone),
        up=up(drawing.gridlines),
        table=TableBlock("The numbers", columns, rows),
    )


def _groups(spec: RevenueSpec, result: RevenueResult, lines: Sequence[Line]) -> TableBlock:
    columns = (Column("Group", False), *(Column(name, True) for name in _NAMES))
    return TableBlock(
        "Groups", columns, tuple((_name(spec, line), *_texts(line.total, result.decimals)) for line in lines)
    )


def _left_out(result: RevenueResult) -> tuple[Block, ...]:
    found = [
        ("Events without a usable amount", number(result.unusable)) if result.unusable else None,
        ("More currencies", number(result.more_currencies)) if result.more_currencies else None,
    ]
    said = tuple(one for one in found if one)
    return (FiguresBlock("Not counted", said),) if said else ()
