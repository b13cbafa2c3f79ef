"""The answers of attribution and drivers as tables with bars. No Django here."""

from zoneinfo import ZoneInfo

from analytics.kinds.attribution import AttributionResult, AttributionSpec
from analytics.kinds.drivers import DriversResult, DriversSpec
from analytics.kinds.drivers.result import Dimension, Driver
from analytics.templatetags.formats import ABSENT, number, short_percent
from analytics.views.explore.blocks import Block, Column, FiguresBlock, TableBlock
from analytics.views.explore.form import words
from analytics.views.labels import field_label
from analytics.views.values import value_label


def attribution(spec: AttributionSpec, result: AttributionResult, zone: ZoneInfo) -> tuple[Block, ...]:  # noqa: ARG001
    """What each touch is credited with, by each model."""
    if not result.conversions:
        return ()
    figures = [("Conversions", number(result.conversions)), ("People", number(result.people))]
    figures += [("Value", number(result.value))] if result.value is not None else []
    columns = [Column("Touch", False)]
    for credit in result.touches[0].credits:
        columns.append(Column(words(credit.model.value).capitalize(), True))
        columns += [Column("Value", True)] if result.value is not None else []
    rows, widths = [], []
    for touch in result.touches:
        texts = ["Other" if touch.other else touch.touch or "(none)"]
        for credit in touch.credits:
            texts.append(number(credit.conversions))
            texts += [number(credit.value)] if result.value is not None else []
        rows.append(tuple(texts))
        widths.append(f"{touch.credits[0].conversions / result.conversions * 100:.1f}%")
    label = f"Credit of {number(result.different)} touches"
    return (
        FiguresBlock("Figures", tuple(figures)),
        TableBlock(label, tuple(columns), tuple(rows), widths=tuple(widths)),
    )


def drivers(spec: DriversSpec, result: DriversResult, zone: ZoneInfo) -> tuple[Block, ...]:  # noqa: ARG001 (as all)
    """The change, and which values of each dimension carry it."""
    if not result.current and not result.previous:
        return ()
    figures = (
        (words(result.metric.value).capitalize(), number(result.current)),
        ("Before", number(result.previous)),
        ("Change", _signed(result.change)),
        ("In percent", "new" if result.percent is None else _share(result.percent)),
    )
    return (FiguresBlock("The change", figures), *(_table(one) for one in result.dimensions))


def _table(dimension: Dimension) -> TableBlock:
    names = ("Now", "Before", "Change", "Carries")
    columns = (Column(field_label(dimension.field), False), *(Column(name, True) for name in names))
    most = max((abs(driver.change) for driver in dimension.drivers), default=0.0)
    return TableBlock(
        f"By {field_label(dimension.field).lower()}",
        columns,
        tuple(_row(dimension.field, driver) for driver in dimension.drivers),
        widths=tuple(f"{abs(driver.change) / most * 100 if most else 0:.1f}%" for driver in dimension.drivers),
    )


def _row(field: str, driver: Driver) -> tuple[str, ...]:
    name = "Other" if driver.other else value_label(field, driver.value)
    carried = ABSENT if driver.contribution is None else _share(driver.contribution)
    return (
        name,
        number(driver.current),
        "new" if driver.is_new else number(driver.previous),
        _signed(driver.change),
        carried,
    )


def _share(value: float) -> str:
    return f"{'−' if value < 0 else ''}{short_percent(abs(value))}"


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value).replace("-", "−")
