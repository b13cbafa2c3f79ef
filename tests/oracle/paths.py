"""Paths over a list of events."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, keeps, sessions_of, within

NUMBER = {"pattern": "[0-9]+", "replacement": ":n"}
LETTERS = {"pattern": "a|(?i:B)", "replacement": ":letter"}
LABELS = [*samples.PATHS, *samples.NAMES, "/:n", "/:letter"]


@dataclass
class Step:
    label: str
    at: datetime
    person: str


def label(fact: Fact, cleaning: Any) -> str:
    if not fact.is_view:
        return fact.event.name
    path = fact.event.path
    for rule in cleaning:
        # Split at what ends a part, keeping it.
        parts = re.split(r"(/)", path) if not re.search(r"[?#]", path) else _with_query(path)
        path = "".join(
            rule.replacement if place % 2 == 0 and re.fullmatch(rule.pattern, part) else part
            for place, part in enumerate(parts)
        )
    return path


def _with_query(path: str) -> list[str]:
    """The parts up to the question mark; the rest is none."""
    before, mark, after = re.split(r"([?#])", path, maxsplit=1)
    return [*re.split(r"(/)", before), mark + after]


def ways(asked: Asked, facts: list[Fact]) -> list[dict[int, Step]]:
    """The steps of each path by their numbers."""
    spec = asked.spec
    found = []
    events = within(facts, asked.days.first, asked.days.last, asked.zone)
    for session in sessions_of(events):
        steps = _steps(spec, [fact for fact in events if fact.session is session])
        labels = [step.label for step in steps]
        first: int | None = 0
        if spec.start:
            first = labels.index(spec.start) if spec.start in labels else None
        if spec.end:
            last = labels.index(spec.end) if spec.end in labels else None
            first = None if last is None else last - spec.depth + 1
            steps = steps[: (last or 0) + 1]
        if first is not None:
            placed = {place - first + 1: step for place, step in enumerate(steps)}
            found.append({n: step for n, step in placed.items() if 1 <= n <= spec.depth})
    return found


def _steps(spec: Any, session: list[Fact]) -> list[Step]:
    kinds = {"pages": {"page", "screen"}, "events": {"track"}, "both": {"page", "screen", "track"}}[spec.steps]
    steps = [
        Step(label(fact, spec.cleaning), fact.at, fact.person)
        for fact in session
        if fact.event.kind in kinds and all(keeps(fact, item) for item in spec.filters)
    ]
    steps = [step for step in steps if step.label in (spec.include or {step.label})]
    steps = sorted(
        (step for step in steps if step.label not in spec.exclude), key=lambda step: (step.at, step.label)
    )
    if spec.keep_repeats:
        return steps
    return [step for place, step in enumerate(steps) if place == 0 or steps[place - 1].label != step.label]


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    labels = st.lists(st.sampled_from([text for text in LABELS if text]), max_size=2)
    anchors = st.sampled_from(["", "", *samples.PATHS, *samples.NAMES])
    sides: st.SearchStrategy[dict[str, str]] = st.one_of(
        anchors.map(lambda text: {"start": text}), anchors.map(lambda text: {"end": text}), st.just({})
    )
    base = st.fixed_dictionaries({
        "kind": st.just("paths"),
        "period": samples.periods(day),
        "filters": samples.filters(of_sessions=False),
        "steps": st.sampled_from(["pages", "events", "both", "both"]),
        "depth": st.sampled_from([2, 3, 5, 20]),
        "limit": st.sampled_from([1, 2, 5, 50]),
        "include": st.one_of(st.just([]), labels),
        "exclude": labels,
        "keep_repeats": st.booleans(),
        "cleaning": st.sampled_from([[], [NUMBER, LETTERS], [LETTERS]]),
    })  # fmt: skip
    return st.tuples(base, sides).map(lambda pair: {**pair[0], **pair[1]})


def check(asked: Asked, facts: list[Fact]) -> None:
    result = asked.answer()
    paths = ways(asked, facts)
    moves = [
        (step.person, number, steps[number - 1], step)
        for steps in paths
        for number, step in steps.items()
        if number - 1 in steps
    ]
    counts = Counter((number, source.label, target.label) for _, number, source, target in moves)
    top = sorted(counts, key=lambda move: (-counts[move], move))[: asked.spec.limit]
    shown = {(n - 1, source) for n, source, _ in top} | {(n, target) for n, _, target in top}
    shown |= {(1, asked.spec.start)} if asked.spec.start else set()
    shown |= {(asked.spec.depth, asked.spec.end)} if asked.spec.end else set()
    assert result.transitions == len(counts)
    at = [(step.person, number, step.label) for steps in paths for number, step in steps.items()]
    assert [(s.step, s.sessions, s.people) for s in result.stages] == [
        (number, *_counted([person for person, other, _ in at if other == number]))
        for number in sorted({number for _, number, _ in at})
    ]
    nodes = _grouped([(person, (n, text if (n, text) in shown else None)) for person, n, text in at])
    assert {_place(node): (node.sessions, node.people) for node in result.nodes} == {
        place: _counted(people) for place, people in nodes.items()
    }
    order = [(node.step, node.other, -node.sessions, node.label) for node in result.nodes]
    assert order == sorted(order)
    check_links(result, moves, shown)


def check_links(result: Any, moves: list[Any], shown: set[Any]) -> None:
    rows = []
    for person, number, source, target in moves:
        begin = (number - 1, source.label if (number - 1, source.label) in shown else None)
        end = (number, target.label if (number, target.label) in shown else None)
        rows.append((person, (begin, end), (target.at - source.at).total_seconds()))
    expected = {
        ends: (*_counted([person for person, other, _ in rows if other == ends]), close(_mean(rows, ends)))
        for _, ends, _ in rows
    }
    links = {
        (_place(result.nodes[link.source]), _place(result.nodes[link.target])): (
            link.sessions,
            link.people,
            link.mean_seconds,
        )
        for link in result.links
    }
    assert links == expected
    for place, node in enumerate(result.nodes):
        assert node.continuing == sum(link.sessions for link in result.links if link.source == place)


def _place(node: Any) -> tuple[int, str | None]:
    return node.step, None if node.other else node.label


def _mean(rows: list[Any], ends: Any) -> float:
    times: list[float] = [seconds for _, other, seconds in rows if other == ends]
    return sum(times) / len(times)


def _grouped(pairs: list[tuple[str, Any]]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for person, place in pairs:
        found.setdefault(place, []).append(person)
    return found


def _counted(people: list[str]) -> tuple[int, int]:
    return len(people), len(set(people))
