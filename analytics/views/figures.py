"""The figures and the chart, in words and geometry for their templates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from analytics.charts import Dot, LineChart, line_chart
from analytics.kinds.overview import Chart, Figure
from analytics.periods import Interval, Span
from analytics.templatetags.formats import ABSENT, day_range, short_day, short_percent, weekday_and_day
from analytics.views.address import Address
from analytics.views.labels import METRICS


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: `direction` is up, down, same or empty; `tone` good, bad or empty."""

    metric: str
    label: str
    definition: str
    value: str
    href: str
    current: bool
    change: str
    words: str
    direction: str
    tone: str


def tile(figure: Figure, address: Address) -> Tile:
    words = METRICS[figure.metric]
    change, sentence, direction = _change(figure, words.format)
    good = {"up": words.more_is_good, "down": not words.more_is_good}.get(direction)
    return Tile(
        metric=figure.metric.value,
        label=words.label,
        definition=words.definition,
        value=words.format(figure.value),
        href=address.choosing(metric=figure.metric.value).query,
        current=address.choices["metric"] == figure.metric,
        change=change,
        words=sentence,
        direction=direction,
        tone={True: "good", False: "bad"}.get(good, "") if good is not None else "",
    )


def _change(figure: Figure, written: Callable[[float | None], str]) -> tuple[str, str, str]:
    """The change in short, in a sentence, and its direction."""
    if figure.previous is None or figure.value is None:
        return "", "", ""
    before = written(figure.previous)
    if figure.change is None:
        # From zero there is no percentage.
        return ("new", f"new: {before} before", "up") if figure.value else ("", f"{before} before", "same")
    if round(abs(figure.change), 3) == 0:
        return "0%", f"as before: {before}", "same"
    size = short_percent(abs(figure.change))
    direction, verb = ("up", "more") if figure.change > 0 else ("down", "less")
    return size, f"{size} {verb} than {before} before", direction


@dataclass(frozen=True, slots=True)
class Reading:
    """One row of the chart's data table, which is also what the chart reads out."""

    when: str
    value: str
    previous: str
    incomplete: bool
    dot: Dot


@dataclass(frozen=True, slots=True)
class Label:
    text: str
    place: str
    anchor: str = ""
    minor: bool = False
    y: float = 0.0
    text_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart ready for its template."""

    label: str
    interval: str
    caption: str
    drawing: LineChart
    across: tuple[Label, ...]
    up: tuple[Label, ...]
    readings: tuple[Reading, ...]
    compared: bool


def picture(chart: Chart, zone: ZoneInfo) -> Picture:
    words = METRICS[chart.metric]
    values = [point.value for point in chart.points]
    previous = [point.previous for point in chart.points] if chart.previous_span else []
    incomplete = sum(point.incomplete for point in chart.points)
    drawing = line_chart(values, previous, incomplete=incomplete, unit=words.unit)
    starts = [point.start.astimezone(zone) for point in chart.points]
    return Picture(
        label=words.label,
        interval=chart.interval.value,
        caption=_caption(chart, zone),
        drawing=drawing,
        across=tuple(
            Label(short_name(starts[mark.index], chart.interval), mark.x, mark.anchor, mark.minor)
            for mark in drawing.marks
        ),
        up=tuple(Label(words.axis(line.value), "", y=line.y, text_y=line.y - 5) for line in drawing.gridlines),
        readings=tuple(
            Reading(
                long_name(start, chart.interval),
                words.format(point.value),
                words.format(point.previous) if chart.previous_span else ABSENT,
                point.incomplete,
                dot,
            )
            for start, point, dot in zip(starts, chart.points, drawing.dots, strict=True)
        ),
        compared=chart.previous_span is not None,
    )


def _caption(chart: Chart, zone: ZoneInfo) -> str:
    words = METRICS[chart.metric]
    known = [point for point in chart.points if point.value is not None]
    if not known:
        return f"{words.label}: nothing in this period."
    sentence = f"{words.label} by {chart.interval}, {_days(chart, zone)}"
    top = max(known, key=lambda point: point.value or 0)
    if top.value:
        sentence += (
            f"; highest {words.format(top.value)} on {long_name(top.start.astimezone(zone), chart.interval)}"
        )
    sentence += "."
    if chart.previous_span:
        sentence += f" Faint: {_span_days(chart.previous_span, zone)}."
    if any(point.incomplete for point in chart.points):
        sentence += " Dashed: not over yet."
    return sentence


def _days(chart: Chart, zone: ZoneInfo) -> str:
    return _span_days(Span(chart.points[0].start, chart.points[-1].end), zone)


def _span_days(span: Span, zone: ZoneInfo) -> str:
    last = span.end.astimezone(zone) - timedelta(microseconds=1)
    return day_range(span.start.astimezone(zone).date(), last.date())


def short_name(start: datetime, interval: Interval) -> str:
    """An interval by its start, under an axis."""
    if interval is Interval.HOUR:
        return f"{start:%H:%M}"
    return f"{start:%b %Y}" if interval is Interval.MONTH else short_day(start)


def long_name(start: datetime, interval: Interval) -> str:
    """An interval by its start, in a sentence or a table."""
    if interval is Interval.HOUR:
        return f"{weekday_and_day(start)}, {start:%H:%M}"
    if interval is Interval.MONTH:
        return f"{start:%B %Y}"
    return f"the week of {start.day} {start:%B %Y}" if interval is Interval.WEEK else weekday_and_day(start)
