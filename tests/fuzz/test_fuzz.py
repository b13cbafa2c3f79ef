"""`make fuzz`: whatever is sent to a door gets an answer below 500, and what is good after it is stored."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings

from analytics.api.door import EventsOr
from analytics.ingestion import payloads
from analytics.models import InboxEntry
from config.asgi import limited
from tests.factories import SiteFactory, WriteKeyFactory
from tests.fuzz.door import NOTHING, status_of
from tests.fuzz.requests import REQUESTS, Asked

# Some in the suite; `make fuzz EXAMPLES=…` asks for more.
EXAMPLES = int(os.environ.get("EXAMPLES") or 100)
GOOD_EVERY = 25
KEY = "plw_fuzz"


class Doors:
    """The whole application of the web process, on one event loop, and what it answered."""

    def __init__(self) -> None:
        self.application: Any = EventsOr(limited)
        self.runner = asyncio.Runner()
        self.statuses: Counter[int] = Counter()
        self.good: list[str] = []

    def ask(self, asked: Asked) -> int:
        status = self.runner.run(status_of(self.application, asked))
        self.statuses[status] += 1
        return status

    def send_a_good_one(self) -> int:
        """An event as it should be, told by its id."""
        name = f"good {len(self.good)}"
        body = json.dumps({"event": "Good", "userId": "u", "messageId": name}).encode()
        headers = [(b"content-type", b"application/json"), (b"authorization", b"Basic cGx3X2Z1eno6")]
        self.good.append(name)
        return self.ask(Asked("POST", "/v1/track", b"", headers, [body]))


@pytest.fixture
def doors(transactional_db: None, project: Any) -> Iterator[Doors]:
    WriteKeyFactory.create(project=project, text=KEY)
    SiteFactory.create(project=project, name="shop.test")
    found = Doors()
    yield found
    found.application.close()
    found.runner.close()
    connection.close()


def stored() -> set[str]:
    entries = InboxEntry.objects.order_by("id").iterator(chunk_size=100)
    return {event.message_id for entry in entries for event in payloads.unpack(entry.payload)}


@pytest.mark.timeout(0)
def test_no_request_gets_a_server_s_error(doors: Doors) -> None:
    assert django_settings.DEBUG is False

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(asked=REQUESTS)
    def fuzz(asked: Asked) -> None:
        status = doors.ask(asked)
        assert status < 500
        assert status != NOTHING or asked.hangs_up
        if doors.statuses.total() % GOOD_EVERY == 0:
            assert doors.send_a_good_one() == 200

    fuzz()
    assert doors.send_a_good_one() == 200

    assert stored() >= set(doors.good)
    print(f"\n{doors.statuses.total()} requests:", dict(sorted(doors.statuses.items())))  # noqa: T201
    assert doors.statuses[200] > 0
    assert doors.statuses[400] > 0
