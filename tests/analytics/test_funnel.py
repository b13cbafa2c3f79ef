"""Funnels by example: what the definition says in one case each, and a real shop's sessions."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from analytics.kinds import parse_spec
from analytics.queries.run import run_query
from tests.analytics.events import NOON, event, store
from tests.analytics.real_data import NEEDED, OTTO

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine")]
ASKED = {
    "kind": "funnel",
    "period": {"from": "2026-11-19", "to": "2026-11-21"},
    "steps": [{"event": "A"}, {"event": "B"}, {"event": "C"}],
    "window": {"count": 10, "unit": "minute"},
}


def ask(project, **options):
    return run_query(project=project, spec=parse_spec({**ASKED, **options}), now=NOON).result


def counts(project, **options) -> list[int]:
    return [step.count for step in ask(project, **options).lines[0].steps]


def happened(project, *names_and_minutes, **fields) -> None:
    """One person's events, in the order of arrival."""
    store(
        project,
        [
            event(NOON + timedelta(minutes=minutes), name=name, anonymous_id="ada", **fields)
            for name, minutes in names_and_minutes
        ],
    )


def test_the_latest_beginning_that_leads_on_counts(project) -> None:
    happened(project, ("A", 0), ("A", 5), ("B", 6), ("C", 14), ("A", 20))

    assert counts(project) == [1, 1, 1]


def test_the_end_of_the_window_belongs_to_it(project) -> None:
    happened(project, ("A", 0), ("B", 5), ("C", 10))

    assert counts(project) == [1, 1, 1]
    assert counts(project, window={"count": 599, "unit": "second"}) == [1, 1, 0]
    assert counts(project, window={"count": 5, "unit": "minute"}, window_from="previous") == [1, 1, 1]


def test_one_instant_is_in_the_order_of_steps_and_an_event_is_one_step(project) -> None:
    happened(project, ("C", 0), ("B", 0), ("A", 0))

    assert counts(project) == [1, 1, 1]
    assert counts(project, steps=[{"event": "A"}, {"event": "A"}]) == [1, 0]


def test_strict_order_allows_nothing_between(project) -> None:
    happened(project, ("A", 0), ("B", 1), ("X", 2), ("C", 3))

    assert counts(project, order="strict") == [1, 1, 0]
    assert counts(project) == [1, 1, 1]


def test_any_order_counts_different_steps_within_the_window(project) -> None:
    happened(project, ("C", 0), ("A", 4), ("B", 11))

    assert counts(project, order="any") == [1, 1, 0]
    assert counts(project, order="any", window={"count": 11, "unit": "minute"}) == [1, 1, 1]


def test_an_exclusion_ends_a_chain_and_not_another(project) -> None:
    happened(project, ("A", 0), ("B", 1), ("X", 2), ("C", 3))
    banned = [{"event": "X", "after": 2}]

    assert counts(project, exclusions=banned) == [1, 1, 0]
    happened(project, ("B", 4), ("C", 5))
    assert counts(project, exclusions=banned) == [1, 1, 1]


def test_times_are_of_the_chain_that_gets_there_first(project) -> None:
    happened(project, ("A", 0), ("A", 2), ("B", 3), ("C", 7), ("B", 8), ("C", 8))

    last = ask(project).lines[0].steps[2]

    assert (last.time_from_first.median, last.time_from_previous.mean) == (5 * 60, 4 * 60)


def test_people_who_converted_and_dropped_have_names(project) -> None:
    for person, names in {"ada": "ABC", "bob": "AB", "cyd": "A"}.items():
        store(
            project, [event(NOON + timedelta(seconds=n), name=one, user_id=person) for n, one in enumerate(names)]
        )

    def names_of(**asked):
        return ask(project, people=asked).people

    assert set(names_of(step=2)) == {"ada", "bob"}
    assert names_of(step=2, limit=1) + names_of(step=2, limit=1, offset=1) == names_of(step=2)
    assert [names_of(step=step, which="dropped") for step in (2, 3)] == [("cyd",), ("bob",)]


@NEEDED
def test_the_sessions_of_a_real_shop(project) -> None:
    """20 sessions have clicks, 7 of them carts after one, 2 of these orders after that."""
    with OTTO.open(newline="") as file:
        rows = list(csv.DictReader(file))
    events = [
        event(datetime.fromtimestamp(int(row["ts_ms"]) / 1000, UTC), name=row["type"], anonymous_id=row["session"])
        for row in rows
    ]
    store(project, events)

    found = counts(
        project,
        period={"from": "2022-07-01", "to": "2022-09-30"},
        steps=[{"event": "clicks"}, {"event": "carts"}, {"event": "orders"}],
        window={"count": 13, "unit": "week"},
    )

    assert found == [20, 7, 2]
