import secrets
from datetime import UTC, datetime
from typing import cast

import pytest
import redis

from accounts.errors import Unavailable
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.normalize import RawCall
from analytics.queries import live
from analytics.services import visitors
from tests.factories import ProjectFactory

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
BROWSER = ClientInfo(address="203.0.113.7", user_agent="Mozilla/5.0 Firefox/128.0")


def visitor(project, client: ClientInfo = BROWSER, now: datetime = NOW, **fields) -> object:
    sent = [cast("RawCall", fields)]
    (call,) = visitors.identify(project_id=project.pk, calls=sent, client=client, now=now)
    return cast("RawCall", call).get("anonymousId")


def test_a_visitor_is_the_same_all_day_and_another_the_next(project) -> None:
    first = visitor(project)

    assert first == visitor(project, now=NOW.replace(hour=23))
    assert first != visitor(project, now=NOW.replace(day=5))
    assert str(first).startswith(visitors.PREFIX)


def test_another_address_browser_or_project_is_another_visitor(project) -> None:
    other_address = ClientInfo(address="203.0.113.8", user_agent=BROWSER.user_agent)
    other_browser = ClientInfo(address=BROWSER.address, user_agent="Mozilla/5.0 Safari/605")

    found = {
        visitor(project),
        visitor(project, other_address),
        visitor(project, other_browser),
        visitor(ProjectFactory.create()),
    }
    assert len(found) == 4


def test_the_salt_is_forgotten_after_two_days(project) -> None:
    visitor(project)

    assert 0 < live.client().ttl("visitor-salt:2026-03-04") <= 48 * 3600


@pytest.mark.parametrize("fields", [{"userId": "u"}, {"anonymousId": "a"}, {"userId": []}])
def test_who_says_an_id_keeps_it(project, fields) -> None:
    assert visitor(project, **fields) == fields.get("anonymousId")


def test_a_server_is_no_visitor(project) -> None:
    assert visitor(project, ClientInfo(address="203.0.113.7")) is None


def test_without_redis_the_client_is_asked_to_come_back(project, silent_redis) -> None:
    with pytest.raises(redis.RedisError):
        live.client().ping()
    with pytest.raises(Unavailable) as caught:
        visitor(project)

    assert caught.value.retry_after == 5


def test_another_salt_makes_other_visitors(project) -> None:
    first = visitor(project)
    live.client().set("visitor-salt:2026-03-04", secrets.token_bytes(32), keepttl=True)
    visitors.forget_salts()

    assert visitor(project) != first
