"""A count by day as a chart, in words and geometry for its template."""

from collections.abc import Sequence
from datetime import date

from analytics.charts import line_chart
from analytics.templatetags.formats import ABSENT, day_range, number, short_day, short_number, weekday_and_day
from analytics.views.figures import Label, Picture, Reading


def day_picture(label: str, counts: Sequence[tuple[date, int]], *, today: date) -> Picture:
    """The picture of days in order, at least one; today is still running."""
    values = [float(count) for _, count in counts]
    days = [day for day, _ in counts]
    incomplete = int(days[-1] == today)
    drawing = line_chart(values, [], incomplete=incomplete)
    return Picture(
        label=label,
        interval="day",
        caption=_caption(label, counts, incomplete=incomplete),
        drawing=drawing,
        across=tuple(
            Label(short_day(days[mark.index]), mark.x, mark.anchor, mark.minor) for mark in drawing.marks
        ),
        up=tuple(Label(short_number(line.value), "", y=line.y, text_y=line.y - 5) for line in drawing.gridlines),
        readings=tuple(
            Reading(weekday_and_day(day), number(count), ABSENT, bool(incomplete) and day == today, dot)
            for (day, count), dot in zip(counts, drawing.dots, strict=True)
        ),
        compared=False,
    )


def _caption(label: str, counts: Sequence[tuple[date, int]], *, incomplete: int) -> str:
    top, most = max(counts, key=lambda entry: entry[1])
    sentence = f"{label} by day (UTC), {day_range(counts[0][0], counts[-1][0])}"
    if most:
        sentence += f"; highest {number(most)} on {weekday_and_day(top)}"
    return sentence + (". Dashed: not over yet." if incomplete and len(counts) > 1 else ".")
