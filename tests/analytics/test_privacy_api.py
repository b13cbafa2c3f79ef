"""Export and erase a person over HTTP."""

import io
import json
import zipfile

import pytest
from rest_framework.test import APIClient

from accounts.permissions import Scope
from analytics.models import Erasure, PersonTraits
from tests import factories
from tests.analytics.events import NOON, event, store
from tests.analytics.test_erasures import finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(organization):
    factories.SecretKeyFactory(organization=organization, text="pls_privacy", scopes=[Scope.PRIVACY])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer pls_privacy")
    return client


@pytest.fixture
def at(project):
    return lambda path: f"/api/v1/projects/{project.pk}/{path}"


def opened(response):
    """The two files of an export: the facts, and the events."""
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        events = [json.loads(line) for line in archive.read("events.ndjson").splitlines()]
        return json.loads(archive.read("person.json")), events


def test_an_erasure_is_asked_for_and_leads_to_a_receipt(api, at, project):
    store(project, [event(user_id="ada"), event(user_id="bob")])

    answer = api.post(at("erasures/"), {"person": "ada"}, format="json")

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["receipt"]) == ("requested", {})
    assert finish(project) == 1
    found = api.get(answer.headers["Location"]).json()
    assert (found["status"], found["late"], found["receipt"]["erased"]["events"]) == ("done", False, 1)


def test_sent_again_with_its_key_it_is_the_same(api, at, project):
    headers = {"Idempotency-Key": "ticket-7"}
    first = api.post(at("erasures/"), {"person": "ada"}, format="json", headers=headers)
    finish(project)

    again = api.post(at("erasures/"), {"person": "ada"}, format="json", headers=headers)
    other = api.post(at("erasures/"), {"person": "bob"}, format="json", headers=headers)

    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")
    assert Erasure.objects.count() == 1


def test_receipts_are_found_by_whoever_has_the_id(api, at, project):
    for person in ("ada", "bob"):
        api.post(at("erasures/"), {"person": person}, format="json")
    finish(project)

    found = api.get(at("erasures/"), {"person": "ada"}).json()["results"]
    everything = api.get(at("erasures/")).json()["results"]

    assert (len(found), len(everything)) == (1, 2)
    assert "ada" not in {item["person"] for item in everything}


@pytest.mark.parametrize("body", [{}, {"person": ""}, {"person": "x" * 256}, {"person": ["ada"]}, ["ada"]])
def test_a_request_without_somebody_is_refused(api, at, body):
    answer = api.post(at("erasures/"), body, format="json")

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"]


def test_a_key_that_is_too_long_is_refused(api, at):
    headers = {"Idempotency-Key": "x" * 256}

    answer = api.post(at("erasures/"), {"person": "ada"}, format="json", headers=headers)

    assert answer.json()["error"]["fields"][0]["field"] == "Idempotency-Key"


def test_an_erasure_of_another_project_is_not_found(api, at):
    foreign = factories.ErasureFactory.create()

    assert api.get(at(f"erasures/{foreign.pk}/")).status_code == 404


def test_an_export_has_all_that_is_stored_of_a_person(api, at, project):
    store(project, [event(message_id="a", anonymous_id="phone", properties={"price": 5}), event(user_id="bob")])
    store(project, [event(message_id="b", kind="identify", anonymous_id="phone", user_id="ada")])
    PersonTraits.objects.filter(project=project).delete()
    PersonTraits.objects.create(
        project=project, person="ada", traits={"plan": "pro"}, first_seen=NOON, last_seen=NOON
    )

    answer = api.get(at("people/phone/export/"))

    facts, events = opened(answer)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="person.zip"'
    assert (facts["person"], facts["ids"], facts["events"]) == ("ada", ["ada", "phone"], 2)
    assert [(link["id"], link["person"], link["by"]) for link in facts["links"]] == [("phone", "ada", "identify")]
    assert facts["traits"] == [{"person": "ada", "traits": {"plan": "pro"}}]
    assert [item["message_id"] for item in events] == ["a", "b"]
    assert (events[0]["properties"], events[0]["time"]) == ({"price": 5}, "2026-11-20T12:00:00Z")
    assert "url" not in events[0]


def test_an_id_may_have_any_character(api, at, project):
    store(project, [event(message_id="a", user_id="a/b ü?")])

    _, events = opened(api.get(at("people/a%2Fb%20%C3%BC%3F/export/")))

    assert [item["user_id"] for item in events] == ["a/b ü?"]


def test_an_export_has_nobody_else_and_nothing_erased(api, at, project):
    store(factories.ProjectFactory.create(), [event(user_id="ada")])
    store(project, [event(user_id="ada")])
    api.post(at("erasures/"), {"person": "ada"}, format="json")

    facts, events = opened(api.get(at("people/ada/export/")))

    assert (facts["events"], events) == (0, [])
