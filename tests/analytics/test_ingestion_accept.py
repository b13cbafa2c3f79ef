from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from analytics.contracts import DropReason, Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from analytics.services.ingestion import accept

MOMENT = datetime(2026, 3, 4, 23, 59, tzinfo=UTC)


def event(**fields) -> Event:
    return Event(
        **{"message_id": "m1", "kind": "track", "name": "Signed up", "time": 1, "received_at": 2, **fields}
    )


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_payload_comes_back_as_it_went_in(text: str) -> None:
    events = [event(name=text), event(user_id=text)]

    assert payloads.unpack(payloads.pack(events)) == events


def test_the_events_of_a_request_are_one_row(project) -> None:
    events = [event(message_id="a"), event(message_id="b")]

    accept(project=project, events=events, received_at=MOMENT)

    entry = InboxEntry.objects.get(project=project)
    assert (entry.events, entry.received_at, payloads.unpack(entry.payload)) == (2, MOMENT, events)


def test_drops_add_up_by_day_and_reason(project) -> None:
    accept(project=project, events=[], drops={DropReason.BOT: 2, DropReason.INVALID: 1}, received_at=MOMENT)
    accept(project=project, events=[event()], drops={DropReason.BOT: 3}, received_at=MOMENT)

    counts = DropCount.objects.filter(project=project).order_by("reason").values_list("day", "reason", "events")
    assert list(counts) == [(MOMENT.date(), "bot", 5), (MOMENT.date(), "invalid", 1)]
    assert InboxEntry.objects.filter(project=project).count() == 1


def test_nothing_accepted_and_nothing_dropped_writes_nothing(project) -> None:
    accept(project=project, events=[], drops={DropReason.BOT: 0})

    assert not InboxEntry.objects.exists()
    assert not DropCount.objects.exists()


def test_many_requests_at_once_lose_no_count(transactional_db, project) -> None:
    def send(number: int) -> None:
        accept(
            project=project,
            events=[event(message_id=str(number))],
            drops={DropReason.BOT: 1, DropReason.INVALID: 2},
        )
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(20)))

    assert dict(DropCount.objects.values_list("reason", "events")) == {"bot": 20, "invalid": 40}
    assert InboxEntry.objects.count() == 20
