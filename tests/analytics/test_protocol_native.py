import json
import secrets

import pytest

from accounts.permissions import Scope
from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from tests.factories import ProjectFactory, SecretKeyFactory, WriteKeyFactory

WRITE_KEY = "plw_native"
SECRET_KEY = "pls_native"
GOOD = {"event": "Signed up", "user_id": "u1", "message_id": "m1"}


@pytest.fixture
def write_key(project):
    return WriteKeyFactory(project=project, text=WRITE_KEY)


@pytest.fixture
def secret_key(organization):
    return SecretKeyFactory(organization=organization, text=SECRET_KEY, scopes=[Scope.INGEST])


def send(client, body: object, key: str = WRITE_KEY, **extra):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", **extra}
    return client.post("/api/v1/events/", data=data, content_type="application/json", headers=headers)


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def test_each_event_gets_its_answer(client, write_key) -> None:
    events = [GOOD, {"event": "x"}, GOOD, {**GOOD, "message_id": "m2", "timestamp": "yesterday"}, 5]

    response = send(client, {"events": events})

    assert response.status_code == 200
    assert response.json() == {
        "results": [
            {"index": 0, "status": "stored", "message_id": "m1"},
            {
                "index": 1,
                "status": "rejected",
                "reason": "user_id or anonymous_id is required.",
                "field": "user_id",
            },
            {"index": 2, "status": "duplicate", "message_id": "m1"},
            {
                "index": 3,
                "status": "rejected",
                "reason": "timestamp is not a time; an example is 2026-03-01T12:00:00Z.",
                "field": "timestamp",
            },
            {"index": 4, "status": "rejected", "reason": "An event must be a JSON object.", "field": ""},
        ],
        "stored": 1,
        "duplicate": 1,
        "rejected": 3,
    }
    assert [event.message_id for event in stored()] == ["m1"]
    assert dict(DropCount.objects.values_list("reason", "events")) == {"invalid": 3, "duplicate": 1}


def test_one_event_needs_no_list(client, write_key) -> None:
    event = {
        **GOOD,
        "url": "https://shop.test/a?utm_source=news",
        "title": "A",
        "time_zone": "Asia/Calcutta",
        "context": {"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
    }

    assert send(client, event).json()["stored"] == 1
    kept = stored()[0]
    assert (kept.name, kept.host, kept.path, kept.title, kept.utm_source, kept.country, kept.browser) == (
        "Signed up", "shop.test", "/a", "A", "news", "IN", "Firefox",
    )  # fmt: skip


def test_the_write_key_may_stand_in_the_body(client, write_key) -> None:
    response = client.post(
        "/api/v1/events/", {"write_key": WRITE_KEY, "events": [GOOD]}, content_type="application/json"
    )

    assert response.json()["stored"] == 1


def test_a_secret_key_names_the_project(client, project, secret_key) -> None:
    response = send(client, {"project_id": project.pk, "events": [GOOD]}, key=SECRET_KEY)

    assert response.json()["stored"] == 1
    assert InboxEntry.objects.get().project == project


def test_a_secret_key_without_a_project_is_told_the_field(client, secret_key) -> None:
    response = send(client, {"events": [GOOD]}, key=SECRET_KEY)

    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == "project_id"


def test_a_secret_key_does_not_reach_another_organization(client, secret_key) -> None:
    elsewhere = ProjectFactory.create()

    response = send(client, {"project_id": elsewhere.pk, "events": [GOOD]}, key=SECRET_KEY)

    assert response.status_code == 404
    assert not InboxEntry.objects.exists()


def test_a_secret_key_needs_the_scope(client, organization, project) -> None:
    SecretKeyFactory(organization=organization, text="pls_reader", scopes=[Scope.QUERY])

    assert send(client, {"project_id": project.pk, "events": [GOOD]}, key="pls_reader").status_code == 403


@pytest.mark.parametrize("key", ["plw_other", "pls_other", "", "\x00", "é"])
def test_a_wrong_key_is_unauthenticated(client, db, key) -> None:
    response = send(client, {"events": [GOOD], "project_id": 1}, key=key)

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthenticated"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b"[]", 400, "body"),
        ({"events": {}}, 400, "events"),
        ({"events": None}, 400, "events"),
        ({"events": [GOOD], "project_id": "x"}, 400, "project_id"),
        (b" " * 600_000, 413, None),
    ],
)
def test_a_body_that_is_not_what_it_should_be(client, write_key, body, status, field) -> None:
    response = send(client, body)

    assert response.status_code == status
    assert [item["field"] for item in response.json()["error"].get("fields", [])] == [field] * (field is not None)
    assert response["Access-Control-Allow-Origin"] == "*"


def test_a_misspelt_field_is_named(client, write_key) -> None:
    answer = send(client, {"events": [{**GOOD, "userid": "x"}]}).json()

    assert answer["results"][0]["field"] == "userid"


def test_a_page_of_another_origin_may_ask(client) -> None:
    preflight = client.options("/api/v1/events/", headers={"Origin": "https://example.test"})

    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (204, "*")


def test_reading_is_not_allowed(client) -> None:
    assert client.get("/api/v1/events/").json()["error"]["code"] == "method_not_allowed"


def test_a_browser_without_a_cookie_is_a_visitor_of_the_day(client, write_key) -> None:
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}

    for path in ("/a", "/b"):
        assert send(client, {"type": "page", "path": path}, **agent).json()["stored"] == 1
    first, second = stored()
    assert first.anonymous_id == second.anonymous_id != ""


def test_a_message_sent_again_is_told(client, organization, django_capture_on_commit_callbacks) -> None:
    project = ProjectFactory.create(organization=organization, pk=secrets.randbelow(2**62) + 1)
    WriteKeyFactory.create(project=project, text=WRITE_KEY)
    with django_capture_on_commit_callbacks(execute=True):
        assert send(client, GOOD).json()["stored"] == 1

    again = send(client, {"events": [GOOD, {**GOOD, "message_id": "m2"}]}).json()

    assert [item["status"] for item in again["results"]] == ["duplicate", "stored"]
    assert [event.message_id for event in stored()] == ["m1", "m2"]


def test_without_redis_events_are_stored_all_the_same(client, write_key, silent_redis) -> None:
    assert send(client, GOOD).json()["stored"] == 1
    assert [event.message_id for event in stored()] == ["m1"]
