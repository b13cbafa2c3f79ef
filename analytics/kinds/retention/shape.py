"""The result of retention from its numbers. No Django here."""

from analytics.kinds.retention.measure import GroupMeasured, RetentionMeasured
from analytics.kinds.retention.result import Cell, Cohort, RetentionLine, RetentionResult
from analytics.kinds.retention.timeline import Timeline

OTHER = "Other"


def shape(timeline: Timeline, measured: RetentionMeasured) -> RetentionResult:
    groups = (
        _line(timeline, OTHER if group is None else group or "(none)", group, own, is_other=group is None)
        for group, own in measured.groups.items()
    )
    return RetentionResult(
        interval=timeline.frame.interval,
        lines=(_line(timeline, "All people", None, measured.whole), *groups),
        people=measured.people,
    )


def _line(
    timeline: Timeline, label: str, group: str | None, measured: GroupMeasured, *, is_other: bool = False
) -> RetentionLine:
    cohorts = tuple(_cohort(timeline, measured, place) for place in range(len(timeline.cohorts)))
    mean = tuple(_mean(cohorts, cell) for cell in range(timeline.spec.follow + 1))
    return RetentionLine(label, group, is_other, sum(cohort.size for cohort in cohorts), cohorts, mean)


def _cohort(timeline: Timeline, measured: GroupMeasured, place: int) -> Cohort:
    size, now = measured.sizes.get(place, 0), timeline.frame.now
    begun = [cell for cell in range(timeline.spec.follow + 1) if timeline.begins(place, cell) <= now]
    cells = []
    for cell in begun:
        people = measured.returned.get((place, cell), 0)
        cells.append(Cell(people, people / size if size else None, timeline.over(place, cell) > now))
    span = timeline.cohorts[place]
    return Cohort(span.start, span.end, size, tuple(cells))


def _mean(cohorts: tuple[Cohort, ...], cell: int) -> float | None:
    """Of the complete cells: who returned of all who might have."""
    complete = [cohort for cohort in cohorts if len(cohort.cells) > cell and not cohort.cells[cell].incomplete]
    size = sum(cohort.size for cohort in complete)
    return sum(cohort.cells[cell].people for cohort in complete) / size if size else None
