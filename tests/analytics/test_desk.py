"""Queries in line: once for all who ask the same, bounded, fair, ended when nobody wants them."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.errors import Cancelled, DeadlineExceeded, RateLimited
from analytics.queries import leases
from analytics.queries.desk import Desk

# Leases are in Redis, which tests share.
_numbers = itertools.count(900_000)


@pytest.fixture
def ours():
    return next(_numbers)


@pytest.fixture
def theirs():
    return next(_numbers)


@pytest.fixture
def desk():
    return Desk(places=2, seats=2)


class Work:
    """Goes on until it is told to end, or its query is cancelled."""

    def __init__(self) -> None:
        self.begun, self.end = threading.Event(), threading.Event()
        self.times = 0

    def __call__(self, stop):
        self.times += 1
        self.begun.set()
        with stop.interrupting(self.end.set):
            self.end.wait(10)
        if stop.is_cancelled:
            raise stop.error
        return "done"


def asking(desk, organization):
    def ask(work, key="a", organization=organization, seconds=10):
        return desk.ask(key=key, organization=organization, limit=1, seconds=seconds, work=work)

    return ask


@pytest.fixture
def ask(desk, ours):
    return asking(desk, ours)


def test_who_asks_the_same_gets_the_same_answer_computed_once(ask) -> None:
    work = Work()
    first, second = ask(work), ask(work)
    work.end.set()

    assert (first.result(), second.result(), work.times) == ("done", "done", 1)
    assert ask(lambda stop: "again").result() == "again"


def test_a_failure_is_everybodys_and_lets_the_next_one_try(ask) -> None:
    def broken(stop):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        ask(broken).result()
    assert ask(lambda stop: 1).result() == 1


def test_another_organization_passes_who_is_at_its_limit(ask, theirs) -> None:
    running, waiting, other = Work(), Work(), Work()
    ask(running, key="running")
    running.begun.wait(10)
    line = ask(waiting, key="waiting")
    other.end.set()

    assert ask(other, key="other", organization=theirs).result() == "done"
    assert (line.position, waiting.begun.is_set()) == (1, False)
    running.end.set()
    waiting.end.set()
    assert line.result() == "done"


def test_what_nobody_wants_any_more_ends(ask) -> None:
    running, waiting = Work(), Work()
    first, second = ask(running), ask(running)
    line = ask(waiting, key="waiting")
    running.begun.wait(10)

    first.leave()
    assert not first.wait(0)
    second.leave()
    line.leave()

    for ticket in (second, line):
        with pytest.raises(Cancelled):
            ticket.result()
    assert waiting.times == 0


def test_who_waits_for_a_turn_too_long_is_told_so(ask) -> None:
    running = Work()
    ask(running, key="running")

    with pytest.raises(DeadlineExceeded, match="for its turn"):
        ask(Work(), key="late", seconds=0.05).result()
    running.end.set()


def test_requests_of_one_organization_do_not_take_all_places(desk, ask, theirs) -> None:
    work = Work()
    tickets = [ask(work) for _ in range(3)]
    with desk.waiting(tickets[0]), desk.waiting(tickets[1]):
        with pytest.raises(RateLimited, match="Too many queries"):
            tickets[2].result()
        assert ask(lambda stop: "theirs", key="other", organization=theirs).result() == "theirs"
    work.end.set()


def test_processes_share_the_limit_of_an_organization(ours) -> None:
    here, there = (asking(Desk(places=2, seats=8), ours) for _ in range(2))
    first, second = Work(), Work()
    here(first)
    first.begun.wait(10)
    ticket = there(second, key="b")

    assert not second.begun.wait(0.3)
    first.end.set()
    assert second.begun.wait(10)
    second.end.set()
    assert ticket.result() == "done"


def test_a_lease_of_a_process_that_died_runs_out(ask, ours) -> None:
    assert leases.take(ours, limit=1, seconds=0.2)
    assert leases.take(ours, limit=1, seconds=1) is None

    assert ask(lambda stop: "run").result() == "run"


@pytest.mark.usefixtures("silent_redis")
def test_without_redis_queries_run(ask) -> None:
    with ThreadPoolExecutor(4) as pool:
        tickets = [ask(lambda stop, number=number: number, key=str(number)) for number in range(4)]
        found = [ticket.future.result(10) for ticket in tickets]
        pool.shutdown()

    assert found == [0, 1, 2, 3]
