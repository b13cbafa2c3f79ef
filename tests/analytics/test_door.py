"""The door of the web process: the application in front of Django, on a real database that really commits."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

import httpx2
import psycopg
import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.access import SYSTEM
from accounts.errors import Unauthenticated
from accounts.models import Organization
from accounts.permissions import Scope
from analytics.api import door as door_module
from analytics.api.door import EventsOr
from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.ingestion.options import DEFAULTS
from analytics.models import DropCount, InboxEntry, WriteKey
from analytics.queries import live, quota
from analytics.services import group_commit, inbox, projects, sealing, senders
from tests.factories import (
    PlanFactory,
    ProjectFactory,
    SecretKeyFactory,
    SiteFactory,
    UsageCountFactory,
    WriteKeyFactory,
)
from tests.fuzz.door import status_of
from tests.fuzz.requests import Asked

KEY = "plw_door"
PATIENCE = 10
CALL = {"event": "Signed up", "userId": "u1"}


async def elsewhere(scope, receive, send) -> None:
    """Stands for Django."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"Django"})


@pytest.fixture
def door(transactional_db) -> Iterator[EventsOr]:
    found = EventsOr(elsewhere)
    yield found
    found.close()


@pytest.fixture
def write_key(project) -> WriteKey:
    return WriteKeyFactory.create(project=project, text=KEY)


Client = httpx2.AsyncClient


def with_client(door: EventsOr, work: Callable[[Client], Awaitable[Any]], patience: float = PATIENCE) -> Any:
    async def main() -> Any:
        transport = httpx2.ASGITransport(cast("Any", door))
        async with Client(transport=transport, base_url="http://shop.test", auth=(KEY, "")) as client:
            return await asyncio.wait_for(work(client), patience)

    return asyncio.run(main())


def ask(door: EventsOr, method: str, path: str, **options: Any) -> Any:
    async def work(client: Client) -> httpx2.Response:
        return await client.request(method, path, **options)

    return with_client(door, work)


def together(door: EventsOr, bodies: list[object], path: str = "/v1/track") -> Any:
    """The answers to requests that all arrive while a group is being written."""

    async def work(client: Client) -> list[httpx2.Response]:
        # The key is known, so that nothing but the writer holds anybody up.
        await client.post(path, json={"batch": []} if "batch" in path else {"events": []})
        with psycopg.connect(**plain_parameters()) as blocker:
            blocker.execute("LOCK TABLE analytics_inboxentry IN EXCLUSIVE MODE")
            sent = [asyncio.create_task(client.post(path, json=body)) for body in bodies]
            await waits(door, len(bodies))
            blocker.commit()
            return await asyncio.gather(*sent)

    return with_client(door, work)


async def waits(door: EventsOr, requests: int) -> None:
    """Until this many requests wait for the writer."""
    while door.writer.waiting < requests:  # noqa: ASYNC110 (it is a plain number)
        await asyncio.sleep(0.01)


async def is_being_written(other: psycopg.Connection) -> None:
    """Until the writer waits for the lock that the other connection holds."""
    waiting = "SELECT 1 FROM pg_locks WHERE relation = 'analytics_inboxentry'::regclass AND NOT granted"
    while other.execute(waiting).fetchone() is None:  # noqa: ASYNC110 (it is another process)
        await asyncio.sleep(0.01)


def plain_parameters() -> dict[str, Any]:
    names = ("dbname", "user", "password", "host", "port")
    given = connection.get_connection_params()
    return {name: given[name] for name in names if name in given}


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


@pytest.mark.parametrize("path", ["/v1/track", "/v1/track/"])
def test_an_event_is_stored_before_the_answer(door, write_key, path) -> None:
    answer = ask(door, "POST", path, json={**CALL, "messageId": "m1"}, headers={"X-Request-ID": "from-a-proxy"})

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"] == "from-a-proxy"
    assert [event.message_id for event in stored()] == ["m1"]


@pytest.mark.parametrize("given", [b"Basic \x80", b"Basic !", b"Basic /w==", b"Bearer \xff", b"\xff", b"Basic"])
def test_a_key_that_is_no_text_is_no_key(door, write_key, given) -> None:
    headers = [(b"authorization", given), (b"content-type", b"application/json")]

    assert asyncio.run(status_of(door, Asked("POST", "/v1/track", b"", headers, [b"{}"]))) == 401


def test_what_sends_no_events_is_django_s(door) -> None:
    assert ask(door, "GET", "/v1/other").status_code == 299
    assert ask(door, "GET", "/").text == "Django"


def test_a_plain_address_is_sent_to_the_secure_one_by_django(door, settings, write_key) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")

    assert ask(door, "POST", "/v1/track", json=CALL).status_code == 299
    assert ask(door, "POST", "/v1/track", json=CALL, headers={"X-Forwarded-Proto": "https"}).status_code == 200


def test_a_page_of_another_origin_may_ask(door) -> None:
    answer = ask(door, "OPTIONS", "/v1/batch", headers={"Origin": "https://example.test"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]


def test_reading_is_not_allowed(door) -> None:
    answer = ask(door, "GET", "/v1/track")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert answer.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("chunks", [[b" " * 512_001], [b" " * 300_000] * 2])
def test_a_body_that_is_too_large_is_refused(door, chunks) -> None:
    async def content():
        for chunk in chunks:
            yield chunk

    answer = ask(door, "POST", "/v1/batch", content=content())

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert answer.headers["Connection"] == "close"


def test_an_announced_body_that_is_too_large_is_refused_unread(door) -> None:
    answer = ask(door, "POST", "/v1/batch", content=b"", headers={"Content-Length": "512001"})

    assert answer.status_code == 413


def test_a_large_body_is_read_whole(door, write_key) -> None:
    batch = [{**CALL, "type": "track", "properties": {"text": "x" * 20_000}} for _ in range(20)]

    assert ask(door, "POST", "/v1/batch", json={"batch": batch}).status_code == 200
    assert len(stored()) == 20


def communicator(door: EventsOr) -> ApplicationCommunicator:
    scope = {"type": "http", "method": "POST", "path": "/v1/track", "query_string": b"", "headers": []}
    return ApplicationCommunicator(door, {**scope, "scheme": "http", "client": None})


def test_a_body_that_does_not_come_is_given_up(door, monkeypatch) -> None:
    monkeypatch.setattr(door_module, "BODY_SECONDS", 0.05)

    async def main() -> Any:
        client = communicator(door)
        await client.send_input({"type": "http.request", "body": b"{", "more_body": True})
        return await client.receive_output(PATIENCE)

    assert asyncio.run(main())["status"] == 408


def test_a_client_that_hangs_up_is_not_answered(door) -> None:
    async def main() -> Any:
        client = communicator(door)
        await client.send_input({"type": "http.request", "body": b"{", "more_body": True})
        await client.send_input({"type": "http.disconnect"})
        await client.wait(PATIENCE)
        return await client.receive_nothing()

    assert asyncio.run(main())


def test_requests_that_come_together_are_one_row(door, write_key) -> None:
    answers = together(door, [{**CALL, "messageId": f"m{number}"} for number in range(40)])

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(event.message_id for event in stored()) == sorted(f"m{number}" for number in range(40))
    # The one that the database held up, unless all were there by then, and all that gathered meanwhile.
    assert InboxEntry.objects.count() <= 2


def test_each_project_has_a_row_of_its_own(door, organization, write_key, project) -> None:
    other = ProjectFactory.create(organization=organization)
    WriteKeyFactory.create(project=other, text="plw_other")

    answers = together(door, [CALL, CALL, {**CALL, "writeKey": "plw_other"}], "/v1/track")

    assert {answer.status_code for answer in answers} == {200}
    assert InboxEntry.objects.filter(project=project).exists()


def test_refused_events_of_a_group_are_counted(door, write_key) -> None:
    answers = together(door, [CALL, {"event": "x"}, {"event": "x"}, CALL])

    assert [answer.status_code for answer in answers] == [200, 400, 400, 200]
    # One more for the request that made the key known.
    assert dict(DropCount.objects.values_list("reason", "events")) == {"invalid": 3}


def test_one_poisonous_request_refuses_no_other(door, write_key, monkeypatch) -> None:
    whole = payloads.pack

    def pack(events):
        if any(event.name == "Poison" for event in events):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return whole(events)

    monkeypatch.setattr(payloads, "pack", pack)
    answers = together(door, [CALL, {**CALL, "event": "Poison"}, CALL])

    assert [answer.status_code for answer in answers] == [200, 400, 200]
    assert [event.name for event in stored()] == ["Signed up", "Signed up"]


def test_the_events_of_a_deleted_project_refuse_no_others(door, organization, write_key, project) -> None:
    gone = ProjectFactory.create(organization=organization)
    WriteKeyFactory.create(project=gone, text="plw_gone")

    async def work(client: Client) -> list[int]:
        await client.post("/v1/track", json=CALL)
        assert (await client.post("/v1/track", json=CALL, auth=("plw_gone", ""))).status_code == 200
        with psycopg.connect(**plain_parameters()) as other:
            for table in ("analytics_inboxentry", "analytics_writekey", "analytics_manifest"):
                other.execute(f"DELETE FROM {table} WHERE project_id = %s", [gone.pk])
            other.execute("DELETE FROM analytics_project WHERE id = %s", [gone.pk])
        both = (client.post("/v1/track", json=CALL), client.post("/v1/track", json=CALL, auth=("plw_gone", "")))
        return [answer.status_code for answer in await asyncio.gather(*both)]

    assert with_client(door, work) == [200, 401]


def test_a_revoked_key_works_for_a_second_at_most(door, write_key, monkeypatch) -> None:
    assert ask(door, "POST", "/v1/track", json=CALL).status_code == 200
    WriteKey.objects.update(revoked_at=timezone.now())
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + senders.FRESH_SECONDS)

    answer = ask(door, "POST", "/v1/track", json=CALL)

    assert (answer.status_code, len(stored())) == (401, 1)


def test_many_requests_with_one_new_key_ask_for_it_once(door, write_key, monkeypatch) -> None:
    asked = []

    def find(submission: Any, **more: Any) -> senders.Sender:
        asked.append(submission)
        return senders.find(submission, **more)

    monkeypatch.setattr(door_module, "find", find)

    async def work(client: Client) -> None:
        await asyncio.gather(*(client.post("/v1/track", json=CALL) for _ in range(20)))

    with_client(door, work)
    assert (len(asked), len(stored())) == (1, 20)


def test_wrong_keys_do_not_push_out_a_known_one(monkeypatch) -> None:
    monkeypatch.setattr(senders, "MOST_REFUSED", 2)
    remembered: senders.Remembered[senders.SenderKey, senders.Sender] = senders.Remembered()
    known = senders.Sender(project_id=1, organization_id=1, options=DEFAULTS, standing=None)
    remembered.keep(("plw_known", None), known, asked_at=0)
    for number in range(5):
        remembered.refuse((f"plw_{number}", None), Unauthenticated("No."))

    assert remembered.get(("plw_known", None)) == known
    assert remembered.get(("plw_0", None)) is None
    with pytest.raises(Unauthenticated):
        remembered.get(("plw_4", None))


def test_a_revoked_key_is_refused_at_once(door, write_key, monkeypatch) -> None:
    """Not after what is remembered is over: that is made to be longer than the test."""
    monkeypatch.setattr(senders, "FRESH_SECONDS", 600.0)

    async def work(client: Client) -> list[int]:
        found = [(await client.post("/v1/track", json=CALL)).status_code]
        revoke = partial(projects.revoke_write_key, key=write_key, actor=SYSTEM)
        await asyncio.to_thread(alone, revoke)
        deadline = time.monotonic() + PATIENCE / 2
        while found[-1] == 200 and time.monotonic() < deadline:
            found.append((await client.post("/v1/track", json=CALL)).status_code)
        return found

    statuses = with_client(door, work)
    assert (statuses[0], statuses[-1]) == (200, 401)


def alone(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def test_who_was_asked_for_before_a_key_ended_is_not_remembered() -> None:
    remembered: senders.Remembered[senders.SenderKey, senders.Sender] = senders.Remembered()
    sender = senders.Sender(project_id=1, organization_id=1, options=DEFAULTS, standing=None)
    began = remembered.forgotten

    remembered.forget()
    remembered.keep(("plw_ended", None), sender, asked_at=began)

    assert remembered.get(("plw_ended", None)) is None


def test_a_secret_key_with_a_limit_is_refused_over_it(door, organization, project) -> None:
    SecretKeyFactory.create(
        organization=organization, text="pls_limited", scopes=[Scope.INGEST], requests_a_minute=2
    )
    body = {"project_id": project.pk, "events": [{"event": "x", "user_id": "u"}]}

    async def work(client: Client) -> list[httpx2.Response]:
        client.auth = cast("Any", None)
        headers = {"Authorization": "Bearer pls_limited"}
        return [await client.post("/api/v1/events/", json=body, headers=headers) for _ in range(3)]

    answers = with_client(door, work)
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["RateLimit-Limit"] == "2"
    assert int(answers[2].headers["Retry-After"]) >= 1


def test_a_secret_key_goes_through_the_access_door(door, organization, project) -> None:
    SecretKeyFactory.create(organization=organization, text="pls_door", scopes=[Scope.INGEST])
    elsewhere_id = ProjectFactory.create().pk
    headers = {"Authorization": "Bearer pls_door"}

    async def work(client: Client) -> list[int]:
        body = {"event": "x", "user_id": "u"}
        return [
            (
                await client.post("/api/v1/events/", json={"project_id": one, "events": [body]}, headers=headers)
            ).status_code
            for one in (project.pk, elsewhere_id)
        ]

    async def plain(client: Client) -> list[int]:
        client.auth = cast("Any", None)
        return await work(client)

    assert with_client(door, plain) == [200, 404]


def test_a_message_that_comes_twice_at_once_is_stored_once(door, write_key) -> None:
    body = {"event": "x", "user_id": "u", "message_id": "m1"}

    answers = together(
        door, [{"events": [body]}, {"events": [body, {**body, "message_id": "m2"}]}], "/api/v1/events"
    )

    assert [[result["status"] for result in answer.json()["results"]] for answer in answers] == [
        ["stored"],
        ["duplicate", "stored"],
    ]
    assert [event.message_id for event in stored()] == ["m1", "m2"]


def test_without_redis_events_are_stored_all_the_same(door, write_key, silent_redis) -> None:
    assert ask(door, "POST", "/v1/track", json=CALL).status_code == 200
    assert ask(door, "POST", "/api/v1/events/", json={"event": "x", "user_id": "u"}).json()["stored"] == 1


def test_without_redis_a_nameless_visitor_is_asked_to_come_back(door, write_key, silent_redis) -> None:
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}

    answer = ask(door, "POST", "/api/v1/events/", json={"type": "page"}, headers=agent)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_the_live_view_shows_what_came(door, write_key, project) -> None:
    for number in range(3):
        ask(door, "POST", "/v1/track", json={**CALL, "messageId": f"m{number}"})
    door.close()

    assert [event.message_id for event in live.recent(project=project)] == ["m2", "m1", "m0"]


def test_without_the_database_nothing_is_acknowledged(door, write_key, monkeypatch) -> None:
    ask(door, "POST", "/v1/track", json=CALL)

    def refuse(taken: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(inbox, "write", refuse)
    answers = [ask(door, "POST", "/v1/track", json=CALL) for _ in range(2)]

    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "5")] * 2
    monkeypatch.undo()
    assert ask(door, "POST", "/v1/track", json=CALL).status_code == 200
    assert len(stored()) == 2


def test_a_database_that_restarts_costs_no_event(door, write_key) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()

    async def work(client: Client) -> list[int]:
        first = await client.post("/v1/track", json=CALL)
        with psycopg.connect(**plain_parameters()) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [ours],
            )
        second = await client.post("/v1/track", json={**CALL, "messageId": "again"})
        return [first.status_code, second.status_code]

    assert with_client(door, work, patience=60) == [200, 200]
    assert len({event.message_id for event in stored()}) == 2


def test_a_database_that_does_not_answer_is_not_waited_for_without_end(door, write_key, monkeypatch) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0.2)

    async def work(client: Client) -> int:
        await client.post("/v1/track", json=CALL)
        with psycopg.connect(**plain_parameters()) as blocker:
            blocker.execute("LOCK TABLE analytics_inboxentry IN EXCLUSIVE MODE")
            refused = await client.post("/v1/track", json=CALL)
            # It is in memory still.
            assert door.writer.waiting >= 1
            return refused.status_code

    assert with_client(door, work) == 503


def test_who_was_told_to_send_again_is_not_kept_as_well(door, write_key, monkeypatch) -> None:
    async def work(client: Client) -> list[int]:
        await client.post("/v1/track", json=CALL)
        with psycopg.connect(**plain_parameters()) as blocker:
            blocker.execute("LOCK TABLE analytics_inboxentry IN EXCLUSIVE MODE")
            held_up = asyncio.create_task(client.post("/v1/track", json=CALL))
            await is_being_written(blocker)
            monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0.05)
            refused = await client.post("/v1/track", json={**CALL, "messageId": "refused"})
            blocker.commit()
            return [refused.status_code, (await held_up).status_code]

    assert with_client(door, work) == [503, 200]
    door.close()
    assert "refused" not in {event.message_id for event in stored()}


def test_what_waits_is_bounded(door, write_key, monkeypatch) -> None:
    monkeypatch.setattr(group_commit, "MOST_WAITING", 3)

    async def work(client: Client) -> list[int]:
        await client.post("/v1/track", json=CALL)
        with psycopg.connect(**plain_parameters()) as blocker:
            blocker.execute("LOCK TABLE analytics_inboxentry IN EXCLUSIVE MODE")
            sent = [asyncio.create_task(client.post("/v1/track", json=CALL)) for _ in range(5)]
            await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
            blocker.commit()
            return sorted([answer.status_code for answer in await asyncio.gather(*sent)])

    assert with_client(door, work) == [200, 200, 200, 503, 503]
    assert len(stored()) == 4


def test_a_client_that_gives_up_breaks_no_group(door, write_key) -> None:
    async def work(client: Client) -> int:
        await client.post("/v1/track", json=CALL)
        with psycopg.connect(**plain_parameters()) as blocker:
            blocker.execute("LOCK TABLE analytics_inboxentry IN EXCLUSIVE MODE")
            impatient, patient = (asyncio.create_task(client.post("/v1/track", json=CALL)) for _ in range(2))
            await waits(door, 2)
            impatient.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await impatient
            blocker.commit()
            return (await patient).status_code

    assert with_client(door, work) == 200
    door.close()
    assert door.writer.waiting == 0


def with_quota(project, events: int, used: int = 0) -> None:
    plan = PlanFactory.create(events_a_month=events, refuse_from=100)
    Organization.objects.filter(pk=project.organization_id).update(plan=plan)
    UsageCountFactory.create(project=project, day=timezone.now().date(), events=used)


async def send_all(client: Client, ids: Iterable[str]) -> list[Any]:
    calls = [client.post("/v1/track", json={**CALL, "messageId": text}) for text in ids]
    return await asyncio.gather(*calls)


def test_over_the_quota_each_event_is_refused_and_counted_once_however_often_it_comes(
    door, write_key, project
) -> None:
    with_quota(project, 10, used=10)
    ids = [f"m{number}" for number in range(30)]

    async def work(client: Client) -> list[Any]:
        return [*await send_all(client, ids), *await send_all(client, ids)]

    answers = with_client(door, work)

    assert {answer.status_code for answer in answers} == {429}
    assert {answer.json()["error"]["code"] for answer in answers} == {"quota_exceeded"}
    assert all(0 < int(answer.headers["Retry-After"]) <= 3_600 for answer in answers)
    assert DropCount.objects.get(project=project, reason="quota").events == 30
    assert not InboxEntry.objects.exists()


def test_requests_at_once_are_used_exactly_once_sealed(door, write_key, project) -> None:
    with_quota(project, 1_000)
    ids = [f"m{number}" for number in range(60)]

    async def work(client: Client) -> list[Any]:
        # Every other event twice: what falls as a duplicate does not count.
        return await send_all(client, [*ids, *ids[::2]])

    answers = with_client(door, work)
    sealing.seal_project(project_id=project.pk)

    found = quota.standing(project.organization_id, now=timezone.now())
    assert {answer.status_code for answer in answers} == {200}
    assert (found.used, found.waiting) == (60, 0)
    assert DropCount.objects.get(project=project, reason="duplicate").events == 30


OF_A_BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
VIEW = {"domain": "shop.test", "name": "pageview", "url": "https://shop.test/a"}
ITEM = {"type": "event", "payload": {"website": "shop.test", "hostname": "shop.test", "url": "/a"}}
LIKE_POSTHOG = {"api_key": KEY, "event": "$pageview", "distinct_id": "u1"}


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/e/?_=1795379289396", {**LIKE_POSTHOG, "properties": {"$pathname": "/a"}}, 200, '{"status":1}'),
        ("/i/v0/e", {**LIKE_POSTHOG, "properties": {"$pathname": "/a"}}, 200, '{"status":"Ok"}'),
        ("/api/event", VIEW, 202, "ok"),
        ("/api/send", ITEM, 200, '"sessionId"'),
        ("/api/batch", [ITEM], 200, '"processed":1'),
    ],
)
def test_every_protocol_has_its_answer(door, write_key, project, path, body, status, text) -> None:
    SiteFactory.create(project=project, name="shop.test")

    answer = ask(door, "POST", path, json=body, headers=OF_A_BROWSER)

    assert (answer.status_code, text in answer.text) == (status, True)
    assert [(event.kind, event.path) for event in stored()] == [("page", "/a")]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/e/", {**LIKE_POSTHOG, "api_key": "plw_other"}, 401),
        ("/api/event", {**VIEW, "domain": "other.test"}, 202),
        ("/api/send", {**ITEM, "payload": {"website": "other"}}, 400),
    ],
)
def test_whoever_is_not_known_is_refused_in_the_protocol_s_words(door, write_key, path, body, status) -> None:
    async def twice(client: Client) -> list[httpx2.Response]:
        return [await client.post(path, json=body, headers=OF_A_BROWSER) for _ in range(2)]

    first, again = with_client(door, twice)

    assert first.status_code == again.status_code == status
    assert first.headers.get("x-plausible-dropped") == again.headers.get("x-plausible-dropped")
    assert stored() == []
