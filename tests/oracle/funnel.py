"""Funnels over a list of events: every beginning of a chain is tried."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from hypothesis import strategies as st

from analytics.contracts import number_of
from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.choices import choices, fits
from tests.oracle.facts import Fact, keeps, value_of, within
from tests.oracle.trends import _text as text_of
from tests.oracle.trends import quantile


@dataclass
class Chain:
    """The chain that gets to a step first, as far as it is asked about."""

    began: datetime
    before: datetime
    reached: datetime


def check(asked: Asked, facts: list[Fact]) -> None:
    spec, result = asked.spec, asked.answer()
    names = asked.labels(asked.days, result.interval)
    assert [asked.label(item.start, result.interval) for item in result.intervals] == names
    kept = [
        fact
        for fact in within(facts, asked.days.first, asked.days.last, asked.zone)
        if all(keeps(fact, item) for item in spec.filters)
    ]
    units = units_of(spec, kept)
    chains = {unit: found for unit, events in units.items() if (found := chains_of(spec, events))}
    groups = {unit: group_of(spec, units[unit], found) for unit, found in chains.items()} if spec.breakdown else {}
    shown, others = top(groups.values(), spec.limit)
    expected: list[tuple[Any, Any]] = [(None, list(chains.values()))]
    expected += [(group, [chains[unit] for unit in chains if groups[unit] == group]) for group in shown]
    expected += [("other", [chains[unit] for unit in chains if groups[unit] not in shown])] if others else []
    assert [line.group if not line.other else "other" for line in result.lines] == [group for group, _ in expected]
    for line, (_, own) in zip(result.lines, expected, strict=True):
        check_line(asked, line, own, result.interval, names)
    check_people(
        spec,
        result.people,
        {unit: (whose(spec, events[0]), chains.get(unit, [])) for unit, events in units.items()},
    )


def whose(spec: Any, fact: Fact) -> str:
    """Who is counted; of a session whoever it is of."""
    return fact.session[0].person if spec.count == "sessions" else fact.person


def units_of(spec: Any, kept: Sequence[Fact]) -> dict[Any, list[Fact]]:
    """The events of each person or session."""
    units: dict[Any, list[Fact]] = {}
    for fact in kept:
        units.setdefault(id(fact.session) if spec.count == "sessions" else fact.person, []).append(fact)
    return units


def chains_of(spec: Any, events: list[Fact]) -> list[Chain]:
    """For each step that was reached, the chain that got there first."""
    if spec.order == "any":
        return chains_in_any_order(spec, events)
    marks = {id(fact): [place for place, step in enumerate(spec.steps) if fits(fact, step)] for fact in events}
    ordered = sorted(events, key=lambda fact: (fact.at, *rank(marks[id(fact)], len(spec.steps))))
    return chains_in_order(spec, ordered, [marks[id(fact)] for fact in ordered])


def rank(steps: list[int], count: int) -> tuple[Any, ...]:
    """Events of one instant: by the first step that they fit, then by the last, the last but one and so on."""
    return (steps[0], steps[::-1]) if steps else (count, [])


def chains_in_order(spec: Any, events: list[Fact], marks: list[list[int]]) -> list[Chain]:
    """From every event of step 1, all events that a chain from there leads to, step by step."""
    firsts: list[dict[int, Chain]] = [{} for _ in spec.steps]
    for start, marked in enumerate(marks):
        if 0 not in marked:
            continue
        there = [start]
        firsts[0].setdefault(start, Chain(events[start].at, events[start].at, events[start].at))
        for step in range(1, len(spec.steps)):
            led: dict[int, int] = {}
            for place in range(start + 1, len(events)):
                sources = [s for s in there if step in marks[place] and links(spec, events, start, s, place, step)]
                if sources:
                    led[place] = max(sources)
            for place, source in led.items():
                known = firsts[step].get(place)
                before = max(events[source].at, known.before) if known else events[source].at
                # Later beginnings come later.
                firsts[step][place] = Chain(events[start].at, before, events[place].at)
            there = list(led)
    return [found[min(found)] for found in firsts if found]


def links(spec: Any, events: list[Fact], start: int, source: int, place: int, step: int) -> bool:
    """Whether a chain goes from its event of a step to this one of the next."""
    if place <= source or (spec.order == "strict" and place != source + 1):
        return False
    since = events[start] if spec.window_from == "first" else events[source]
    if events[place].at - since.at > length(spec.window):
        return False
    banned = [item for item in spec.exclusions if item.after == step]
    return not any(
        events[source].at < fact.at < events[place].at and any(fits(fact, item) for item in banned)
        for fact in (events if banned else [])
    )


def length(window: Any) -> timedelta:
    hours = {"second": 1 / 3600, "minute": 1 / 60, "hour": 1, "day": 24, "week": 168}[window.unit]
    return timedelta(microseconds=round(window.count * hours * 3600) * 1_000_000)


def chains_in_any_order(spec: Any, events: list[Fact]) -> list[Chain]:
    found: list[Chain] = []
    moments = sorted({fact.at for fact in events if any(fits(fact, step) for step in spec.steps)})
    for count in range(1, len(spec.steps) + 1):
        chains = []
        for end in moments:
            begins = [at for at in moments if at <= end and len(done(spec, events, at, end)) >= count]
            begins = [at for at in begins if end - at <= length(spec.window)]
            if begins:
                latest = sorted(done(spec, events, moments[0], end).values())
                chains.append(Chain(max(begins), end if count == 1 else latest[-2], end))
        found += chains[:1]
    return found


def done(spec: Any, events: list[Fact], begin: datetime, end: datetime) -> dict[int, datetime]:
    """The steps that were done in a time, and when at last."""
    found: dict[int, datetime] = {}
    for fact in events:
        for place, step in enumerate(spec.steps):
            if begin <= fact.at <= end and fits(fact, step):
                found[place] = max(fact.at, found.get(place, fact.at))
    return found


def group_of(spec: Any, events: list[Fact], chains: list[Chain]) -> str:
    began = chains[-1].began
    steps = spec.steps if spec.order == "any" else spec.steps[:1]
    return min(
        text_of(value_of(fact, spec.breakdown))
        for fact in events
        if fact.at == began and any(fits(fact, step) for step in steps)
    )


def top(groups: Iterable[str], limit: int) -> tuple[list[str], bool]:
    counts = Counter(groups)
    ordered = sorted(counts, key=lambda item: (-counts[item], item))
    return ordered[:limit], len(ordered) > limit


def check_line(asked: Asked, line: Any, chains: list[list[Chain]], interval: str, names: list[Any]) -> None:
    for step, numbers in enumerate(line.steps, start=1):
        there = [found[step - 1] for found in chains if len(found) >= step]
        before = [found for found in chains if len(found) >= max(step - 1, 1)]
        assert numbers.count == len(there)
        assert numbers.from_first == close(len(there) / len(chains) if chains else None)
        assert numbers.from_previous == close(len(there) / len(before) if before else None)
        check_times(numbers.time_from_first, [chain.reached - chain.began for chain in there])
        check_times(numbers.time_from_previous, [chain.reached - chain.before for chain in there])
    labels = [asked.label(found[-1].began, interval) for found in chains]
    ends = [label for label, found in zip(labels, chains, strict=True) if len(found) == len(line.steps)]
    assert list(line.began) == [labels.count(name) for name in names]
    assert list(line.converted) == [ends.count(name) for name in names]


def check_times(shown: Any, took: list[timedelta]) -> None:
    seconds = sorted(item / timedelta(seconds=1) for item in took)
    assert shown.median == close(quantile(seconds, 0.5) if seconds else None)
    assert shown.mean == close(fmean(seconds) if seconds else None)


def check_people(spec: Any, shown: Any, units: dict[Any, tuple[str, list[Chain]]]) -> None:
    if spec.people is None:
        assert shown is None
        return
    step = spec.people.step
    chosen = {
        person
        for person, found in units.values()
        if (len(found) >= step if spec.people.which == "converted" else len(found) == step - 1)
    }
    page = sorted(chosen, key=number_of)[spec.people.offset :][: spec.people.limit]
    assert list(shown) == page


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.integers(2, 4).flatmap(lambda count: _specs(day, count))


def _specs(day: Any, count: int) -> st.SearchStrategy[dict[str, Any]]:
    common = {
        "kind": st.just("funnel"),
        "period": samples.periods(day),
        "interval": st.sampled_from(["auto", "hour", "day", "week"]),
        "filters": st.one_of(st.just([]), samples.filters(of_sessions=False)),
        "steps": st.lists(choices(), min_size=count, max_size=count),
        "window": st.sampled_from(
            [(7, "minute"), (30, "minute"), (1800, "second"), (1, "hour"), (2, "hour"), (11, "hour"), (2, "week")]
        ).map(lambda pair: {"count": pair[0], "unit": pair[1]}),
        "count": st.sampled_from(["people", "people", "sessions"]),
        "breakdown": st.sampled_from([None, "path", "source", "properties.price", "properties.größe", "cohort.1"]),
        "limit": st.sampled_from([1, 2, 10]),
        "people": st.one_of(st.none(), people(count)),
    }
    exclusion = st.builds(lambda choice, after: {**choice, "after": after}, choices(), st.integers(1, count - 1))
    ordered = {**common, "window_from": st.sampled_from(["first", "previous"])}
    return st.one_of(
        st.fixed_dictionaries(
            {**ordered, "order": st.just("ordered"), "exclusions": st.lists(exclusion, max_size=2)}
        ),
        st.fixed_dictionaries(
            {**ordered, "order": st.just("ordered"), "exclusions": st.lists(exclusion, max_size=2)}
        ),
        st.fixed_dictionaries({**ordered, "order": st.just("strict")}),
        st.fixed_dictionaries({**common, "order": st.just("any")}),
    )


def people(count: int) -> st.SearchStrategy[dict[str, Any]]:
    page = {"offset": st.sampled_from([0, 0, 1]), "limit": st.sampled_from([1, 100])}
    return st.one_of(
        st.fixed_dictionaries({**page, "step": st.integers(1, count), "which": st.just("converted")}),
        st.fixed_dictionaries({**page, "step": st.integers(2, count), "which": st.just("dropped")}),
    )
