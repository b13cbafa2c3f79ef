"""`Idempotency-Key` at our own door: through Django, and in front of it."""

import json
from typing import Any

import pytest
from django.utils import timezone

from accounts import idempotency
from accounts.errors import Unavailable
from accounts.models import KeptAnswer
from accounts.services import once
from analytics.models import DropCount, InboxEntry
from analytics.services import ingestion
from tests.analytics.test_door import KEY, ask, door, stored  # noqa: F401 (a fixture)
from tests.factories import WriteKeyFactory

pytestmark = pytest.mark.django_db(transaction=True)

BODY = {"events": [{"event": "Paid", "user_id": "u1"}, {"event": "x"}]}


@pytest.fixture(params=["Django", "the door"])
def send(request, project):
    """`send(body, key="order-1")`: the answer of one of the two doors."""
    behind = request.getfixturevalue("client") if request.param == "Django" else request.getfixturevalue("door")
    WriteKeyFactory.create(project=project, text=KEY)

    def django(body: object, headers: dict[str, str]) -> Any:
        return behind.post("/api/v1/events/", json.dumps(body), "application/json", headers=headers)

    def front(body: object, headers: dict[str, str]) -> Any:
        return ask(behind, "POST", "/api/v1/events/", content=json.dumps(body).encode(), headers=headers)

    post = {"Django": django, "the door": front}[request.param]
    return lambda body=BODY, key="order-1": post(body, {"Authorization": f"Bearer {KEY}", idempotency.HEADER: key})


def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(send) -> None:
    first, again = send(), send()

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert [item["status"] for item in again.json()["results"]] == ["stored", "rejected"]
    assert len(stored()) == 1
    assert dict(DropCount.objects.values_list("reason", "events")) == {"invalid": 1}


def test_another_body_is_refused(send) -> None:
    send()

    answer = send({"events": []})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_mismatch")


def test_while_the_first_is_running_the_second_is_told_when_to_come_back(send, project) -> None:
    begun = idempotency.once("order-1", json.dumps(BODY).encode())
    assert begun is not None
    scope = f"events:{project.pk}"
    once.begin(organization_id=project.organization_id, scope=scope, request=begun, now=timezone.now())

    answer = send()

    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "2")
    assert not InboxEntry.objects.exists()


def test_what_died_before_its_answer_was_kept_is_there_once(send) -> None:
    send()
    KeptAnswer.objects.update(answer=None, started_at=timezone.now() - once.RUNNING_FOR)

    assert send().status_code == 200
    assert len({event.message_id for event in stored()}) == 1


def test_a_request_that_failed_may_come_again(send, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ingestion, "judge", fails)
        assert send().status_code == 503

    assert send().json()["stored"] == 1


def fails(**_: object) -> None:
    raise Unavailable("gone")


@pytest.mark.parametrize("given", ["", None, "m1"])
def test_events_without_an_id_get_one_that_they_would_get_again(send, given) -> None:
    event = {"event": "Paid", "user_id": "u1", "message_id": given}
    answers = [send({"events": [event, event]}, key).json() for key in ("a", "b")]

    ids = [[item["message_id"] for item in answer["results"]] for answer in answers]
    assert all(ids[0])
    assert (ids[0] == ids[1]) == (given == "m1")


def test_a_key_that_is_too_long_is_named(send) -> None:
    answer = send(key="x" * 256)

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"][0]["field"] == "Idempotency-Key"


def test_without_a_key_nothing_is_kept(send) -> None:
    assert send(key="").status_code == 200
    assert not KeptAnswer.objects.exists()
