import secrets
from datetime import UTC, datetime

import pytest
import redis

from analytics.contracts import DropReason, Event
from analytics.queries import live
from analytics.queries.drops import ledger
from analytics.services.ingestion import accept
from analytics.services.ledger import count_drops
from tests.factories import ProjectFactory

WHEN = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def event(number: int, **fields) -> Event:
    time = int(WHEN.timestamp() * 1_000_000)
    known = {"message_id": f"m{number}", "kind": "track", "name": "Paid", "time": time, "received_at": time}
    return Event(**{**known, **fields})


@pytest.fixture
def project(organization):
    """Of an id that no other run has: Redis outlives the transactions of tests, and processes share it."""
    return ProjectFactory.create(organization=organization, pk=secrets.randbelow(2**62) + 1)


def test_the_newest_event_comes_first_and_old_ones_go(project, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        accept(project=project, events=[event(number) for number in range(60)])
        accept(project=project, events=[event(60)])

    found = live.recent(project=project)
    assert [item.message_id for item in found] == [f"m{number}" for number in range(60, 10, -1)]
    assert [item.message_id for item in live.recent(project=project, limit=2)] == ["m60", "m59"]


def test_an_event_is_shown_in_short(project, django_capture_on_commit_callbacks) -> None:
    properties = '{"plan":"pro","n":3,"long":"' + "x" * 200 + '"}'
    with django_capture_on_commit_callbacks(execute=True):
        accept(project=project, events=[event(1, anonymous_id="a", user_id="u", properties=properties)])

    (found,) = live.recent(project=project)
    assert (found.time, found.name, found.person) == (WHEN, "Paid", "u")
    assert found.properties == (("plan", "pro"), ("n", "3"), ("long", "x" * 79 + "…"))


def test_a_project_sees_only_its_own(project, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        accept(project=project, events=[event(1)])

    assert live.recent(project=ProjectFactory.create(pk=project.pk + 1)) == ()


def test_without_redis_events_are_kept_all_the_same(
    project, silent_redis, django_capture_on_commit_callbacks
) -> None:
    with pytest.raises(redis.RedisError):
        live.client().ping()
    with django_capture_on_commit_callbacks(execute=True):
        accept(project=project, events=[event(1)])

    assert live.recent(project=project) == ()


def test_an_import_is_not_announced(project, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        accept(project=project, events=[event(1)], announced=False)

    assert live.recent(project=project) == ()


def test_the_ledger_of_drops_says_why(project) -> None:
    for day, reason, events in ((1, DropReason.BOT, 5), (3, DropReason.BOT, 1), (4, DropReason.INVALID, 2)):
        moment = WHEN.replace(day=day)
        count_drops(project=project, drops={reason: events}, moment=moment)

    found = ledger(project=project, days=2, now=WHEN).drops
    assert [(item.day.day, item.reason, item.events) for item in found] == [(4, "invalid", 2), (3, "bot", 1)]
    assert found[0].meaning.startswith("malformed")
