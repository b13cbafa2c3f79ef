"""What plots over intervals share: their labels, and the words of a caption."""

from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

from django.utils.text import capfirst

from analytics.charts import Gridline, Mark
from analytics.periods import Interval, Span
from analytics.templatetags.formats import short_number
from analytics.views.explore.blocks import Label
from analytics.views.figures import long_name, short_name


def across(
    intervals: Sequence[Span], interval: Interval, marks: Iterable[Mark], zone: ZoneInfo
) -> tuple[Label, ...]:
    """The labels under a plot."""
    starts = [span.start.astimezone(zone) for span in intervals]
    return labelled(marks, lambda place: short_name(starts[place], interval))


def labelled(marks: Iterable[Mark], text: Callable[[int], str]) -> tuple[Label, ...]:
    """The labels under a plot, of the text for each place."""
    return tuple((text(mark.index), mark.x, mark.anchor, mark.minor) for mark in marks)


def up(gridlines: Iterable[Gridline]) -> tuple[tuple[str, float], ...]:
    """The labels of the lines of a plot: text, and pixels from the top."""
    return tuple((short_number(line.value), line.y) for line in gridlines)


def names(intervals: Sequence[Span], interval: Interval, zone: ZoneInfo) -> list[str]:
    """The intervals as a table calls them."""
    return [capfirst(long_name(span.start.astimezone(zone), interval)) for span in intervals]
