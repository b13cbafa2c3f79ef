"""Retention over a list of events, person by person and cell by cell."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from analytics.contracts import number_of
from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.choices import choices, fits
from tests.oracle.facts import Fact, keeps, value_of, within
from tests.oracle.trends import _text as text_of

LENGTHS = {"day": timedelta(hours=24), "week": timedelta(hours=7 * 24), "month": timedelta(hours=30 * 24)}
ANCIENT = date(1990, 1, 1)


def check(asked: Asked, facts: list[Fact]) -> None:
    spec, result = asked.spec, asked.answer()
    calendar = Calendar(asked, spec.interval, spec.follow)
    first = ANCIENT if spec.cohorts == "first_time" else asked.days.first
    far = calendar.far
    kept = [
        fact for fact in within(facts, first, far, asked.zone) if all(keeps(fact, item) for item in spec.filters)
    ]
    cohorts = [cohort_of(asked, calendar, place, kept) for place in range(len(calendar.names))]
    groups = Counter(group for cohort in cohorts for _, group in cohort.values())
    shown = sorted(groups, key=lambda item: (-groups[item], item))[: spec.limit] if spec.breakdown else []
    lines: list[tuple[Any, list[dict[str, Any]]]] = [(None, cohorts)]
    lines += [(group, chosen(cohorts, [group])) for group in shown]
    if spec.breakdown and len(groups) > len(shown):
        lines.append(("other", chosen(cohorts, [group for group in groups if group not in shown])))
    assert ["other" if line.other else line.group for line in result.lines] == [group for group, _ in lines]
    for line, (_, own) in zip(result.lines, lines, strict=True):
        check_line(asked, calendar, line, own, kept)
    check_people(asked, calendar, result.people, cohorts, kept)


class Calendar:
    """The intervals of the period and those after them, by looking at the wall clock."""

    def __init__(self, asked: Asked, interval: str, follow: int) -> None:
        self.asked, self.interval = asked, str(interval)
        self.names = asked.labels(asked.days, self.interval)
        days = {"day": 1, "week": 7, "month": 31}[self.interval]
        self.far = asked.days.last + timedelta(days=days * (follow + 3))
        self.all = asked.labels(type(asked.days)(asked.days.first, self.far), self.interval)
        self.begins: list[datetime] = []
        self.end = self.look()

    def look(self) -> datetime:
        """Find where intervals begin and the period ends, every quarter of an hour."""
        at = end = datetime.combine(self.asked.days.first, datetime.min.time(), UTC) - timedelta(days=2)
        seen = None
        while (day := at.astimezone(self.asked.zone).date()) <= self.far:
            name = self.asked.label(at, self.interval)
            if day >= self.asked.days.first and name != seen:
                self.begins.append(at)
                seen = name
            at += timedelta(minutes=15)
            end = at if day <= self.asked.days.last else end
        return end

    def place(self, at: datetime) -> int:
        return int(self.all.index(self.asked.label(at, self.interval)))

    def edges(self, place: int) -> tuple[datetime, datetime]:
        """The first instant of an interval, and that of the next; of the first, the period's own."""
        return self.begins[place], self.begins[place + 1]


def in_period(asked: Asked, at: datetime) -> bool:
    return bool(asked.days.first <= at.astimezone(asked.zone).date() <= asked.days.last)


def cohort_of(
    asked: Asked, calendar: Calendar, place: int, kept: Sequence[Fact]
) -> dict[str, tuple[datetime, str]]:
    """Who began in an interval, when, and in which group they are."""
    spec, found = asked.spec, {}
    for person in {fact.person for fact in kept}:
        starts = [fact for fact in kept if fact.person == person and fits(fact, spec.start)]
        own = [fact for fact in starts if in_period(asked, fact.at) and calendar.place(fact.at) == place]
        if not own:
            continue
        began = min(fact.at for fact in own)
        if spec.cohorts == "recurring" or began == min(fact.at for fact in starts):
            tied = [fact for fact in own if fact.at == began]
            group = min(text_of(value_of(fact, spec.breakdown)) for fact in tied) if spec.breakdown else ""
            found[person] = (began, group)
    return found


def chosen(cohorts: list[dict[str, Any]], groups: list[str]) -> list[dict[str, Any]]:
    return [{person: pair for person, pair in cohort.items() if pair[1] in groups} for cohort in cohorts]


def returned(
    asked: Asked, calendar: Calendar, place: int, cohort: dict[str, Any], cell: int, kept: Any
) -> set[str]:
    """Who of a cohort came back in a cell."""
    spec = asked.spec
    cells = range(cell, spec.follow + 1) if spec.returned == "in_or_after" else [cell]
    found = set()
    for fact in kept:
        if fact.person in cohort and fits(fact, spec.returning) and fact.at >= cohort[fact.person][0]:
            if spec.intervals == "rolling":
                own = (fact.at - cohort[fact.person][0]) // LENGTHS[spec.interval]
            else:
                own = calendar.place(fact.at) - place
            if own in cells:
                found.add(fact.person)
    return found


def check_line(asked: Asked, calendar: Calendar, line: Any, cohorts: list[dict[str, Any]], kept: Any) -> None:
    spec = asked.spec
    means: list[list[tuple[int, int]]] = [[] for _ in range(spec.follow + 1)]
    assert [asked.label(cohort.start, spec.interval) for cohort in line.cohorts] == calendar.names
    assert line.size == sum(len(cohort) for cohort in cohorts)
    for place, (shown, cohort) in enumerate(zip(line.cohorts, cohorts, strict=True)):
        assert shown.size == len(cohort)
        cells = []
        for cell in range(spec.follow + 1):
            begins, over = times(asked, calendar, place, cell)
            if begins > asked.now:
                break
            people = returned(asked, calendar, place, cohort, cell, kept)
            cells.append((len(people), close(len(people) / len(cohort) if cohort else None), over > asked.now))
            if over <= asked.now:
                means[cell].append((len(people), len(cohort)))
        assert [(cell.people, cell.share, cell.incomplete) for cell in shown.cells] == cells
    for mean, pairs in zip(line.mean, means, strict=True):
        whole = sum(size for _, size in pairs)
        assert mean == close(sum(people for people, _ in pairs) / whole if whole else None)


def times(asked: Asked, calendar: Calendar, place: int, cell: int) -> tuple[datetime, datetime]:
    """When a cell begins for the first of a cohort, and is over for the last."""
    spec = asked.spec
    last = spec.follow if spec.returned == "in_or_after" else cell
    if spec.intervals == "calendar":
        return calendar.edges(place + cell)[0], calendar.edges(place + last)[1]
    begin, end = calendar.edges(place)
    length = LENGTHS[spec.interval]
    return begin + cell * length, min(end, calendar.end) + (last + 1) * length


def check_people(asked: Asked, calendar: Calendar, shown: Any, cohorts: list[dict[str, Any]], kept: Any) -> None:
    spec = asked.spec
    if spec.people is None:
        assert shown is None
        return
    people: set[str] = set()
    if spec.people.cohort < len(cohorts) and spec.people.cell <= spec.follow:
        cohort = cohorts[spec.people.cohort]
        people = returned(asked, calendar, spec.people.cohort, cohort, spec.people.cell, kept)
        people = people if spec.people.which == "returned" else set(cohort) - people
    elif spec.people.cohort < len(cohorts) and spec.people.which == "lost":
        people = set(cohorts[spec.people.cohort])
    page = sorted(people, key=number_of)[spec.people.offset :][: spec.people.limit]
    assert list(shown) == page


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    people = st.fixed_dictionaries({
        "cohort": st.integers(0, 2),
        "cell": st.integers(0, 2),
        "which": st.sampled_from(["returned", "lost"]),
        "offset": st.sampled_from([0, 0, 1]),
        "limit": st.sampled_from([1, 100]),
    })  # fmt: skip
    return st.fixed_dictionaries({
        "kind": st.just("retention"),
        "period": samples.periods(day),
        "interval": st.sampled_from(["day", "day", "day", "week", "month"]),
        "follow": st.integers(1, 3),
        "filters": st.one_of(st.just([]), samples.filters(of_sessions=False)),
        "start": choices(),
        "returning": choices(),
        "cohorts": st.sampled_from(["recurring", "first_time"]),
        "returned": st.sampled_from(["in", "in_or_after"]),
        "intervals": st.sampled_from(["calendar", "rolling"]),
        "breakdown": st.sampled_from([None, "path", "source", "properties.price", "properties.größe", "cohort.1"]),
        "limit": st.sampled_from([1, 2, 10]),
        "people": st.one_of(st.none(), people),
    })  # fmt: skip
