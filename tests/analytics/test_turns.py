from collections import Counter

import pytest

from analytics.turns import Turn, Turns, in_order

HEAVY, SMALL, OTHER = 1, 2, 3


@pytest.fixture
def begun():
    return []


@pytest.fixture
def turn(begun):
    def make(organization, limit=2):
        made = Turn(organization, limit, lambda: begun.append(made))
        return made

    return make


def test_who_has_the_least_running_goes_first(turn, begun) -> None:
    turns = Turns(places=3)
    heavy = [turn(HEAVY, limit=3) for _ in range(5)]
    small, other = turn(SMALL), turn(OTHER)
    for one in (*heavy, small, other):
        turns.join(one)

    assert begun == heavy[:3]
    assert [turns.position(one) for one in (heavy[0], small, other, heavy[3], heavy[4])] == [0, 1, 2, 3, 4]
    turns.end(heavy[0])
    turns.end(heavy[1])
    assert begun[3:] == [small, other]


def test_no_organization_has_more_running_than_its_limit(turn, begun) -> None:
    turns = Turns(places=4)
    heavy = [turn(HEAVY) for _ in range(3)]
    for one in heavy:
        turns.join(one)
    small = turn(SMALL)
    turns.join(small)

    assert begun == [*heavy[:2], small]
    turns.end(heavy[1])
    assert begun[3:] == [heavy[2]]


def test_who_leaves_the_line_is_never_begun(turn, begun) -> None:
    turns = Turns(places=1)
    first, second = turn(HEAVY), turn(SMALL)
    turns.join(first)
    turns.join(second)

    assert (turns.leave(second), turns.leave(first)) == (True, False)
    turns.end(first)
    assert begun == [first]


def test_what_may_not_run_elsewhere_lets_others_by_and_keeps_its_place(turn, begun) -> None:
    turns = Turns(places=1)
    first, later, small = turn(HEAVY), turn(HEAVY), turn(SMALL)
    for one in (first, later, small):
        turns.join(one)

    turns.give_back(first, seconds=3600)

    assert begun == [first, small]
    assert turns.position(first) == 1
    assert turns.position(later) == 2


def test_the_order_takes_organizations_in_turn(turn) -> None:
    a, b, c, d = turn(HEAVY), turn(HEAVY), turn(SMALL), turn(HEAVY)

    assert in_order([a, b, c, d], Counter()) == [a, c, b, d]
    assert in_order([a, b, c, d], Counter({HEAVY: 1})) == [c, a, b, d]
