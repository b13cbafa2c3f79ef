from datetime import timedelta

import pytest

from analytics.queries import current
from tests.analytics.events import NOON, event, store


@pytest.mark.usefixtures("engine")
def test_nobody_is_there_before_the_first_event(project):
    assert current.visitors(project=project, now=NOON) == 0


@pytest.mark.usefixtures("engine")
def test_people_of_the_last_five_minutes_count_once(project):
    ages = {"a": 0.5, "b": 5, "c": 5.1}
    people = [event(NOON - timedelta(minutes=age), kind="page", anonymous_id=who) for who, age in ages.items()]
    again = event(NOON - timedelta(minutes=2), name="Paid", anonymous_id="a")
    later = event(NOON + timedelta(minutes=1), kind="page", anonymous_id="d")
    store(project, [*people, again, later])
    assert current.visitors(project=project, now=NOON) == 2
