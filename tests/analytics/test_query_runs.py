"""Queries that take longer than their client wants to wait."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import DeadlineExceeded
from analytics.models import QueryRun, Segment
from analytics.queries import run, storage
from analytics.services import erasures, query_runs
from analytics.services.run_watch import WATCH
from tests import factories
from tests.analytics.events import NOON, event, store
from tests.analytics.test_query_api import SPEC, client_of
from tests.product import eventually

# Threads of the desk write what became of a query: they see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)
ASYNC = {"Prefer": "respond-async"}


class Gate:
    """Holds every computation until it is opened."""

    def __init__(self, computing) -> None:
        self.begun, self.opened = threading.Event(), threading.Event()
        self._computing = computing

    def __call__(self, asked, snapshot, statements, stop):
        self.begun.set()
        with stop.interrupting(self.opened.set):
            self.opened.wait(30)
        if stop.is_cancelled:
            raise stop.error
        return self._computing(asked, snapshot, statements, stop)


@pytest.fixture
def gate(monkeypatch):
    made = Gate(run._computed)
    monkeypatch.setattr(run, "_computed", made)
    yield made
    made.opened.set()


@pytest.fixture
def address(project):
    store(project, [event(NOON, anonymous_id="a", kind="page")])
    return f"/api/v1/projects/{project.pk}/query/"


@pytest.fixture
def client(teammate):
    return client_of(teammate)


def ask(client, address, spec=SPEC, **headers):
    return client.post(address, spec, format="json", headers=headers or ASYNC)


def test_a_long_query_is_fetched_where_the_answer_says(client, address, gate):
    later = ask(client, address, Prefer="wait=0")
    gate.begun.wait(10)
    running = client.get(later["Location"])
    gate.opened.set()
    done = client.get(later["Location"], headers={"Prefer": "wait=20"})

    assert (later.status_code, later["Retry-After"]) == (202, "1")
    assert later.json()["estimate"]["rows"] == 1
    assert later.json()["estimate"]["files"] == 1
    assert (running.status_code, running.json()["state"], running.json()["position"]) == (202, "running", 0)
    assert done.status_code == 200
    assert done.json()["result"]["figures"][0]["value"] == 1
    assert client.get(later["Location"], headers={"Accept": "text/csv"}).content.startswith(b"chart,metric,value")


def test_those_in_line_say_their_position(client, address, gate, settings):
    settings.QUERIES_AT_ONCE = 1
    first = ask(client, address)
    gate.begun.wait(10)
    second, third = (ask(client, address, {**SPEC, "limit": limit}).json() for limit in (20, 30))

    assert (second["state"], second["position"], third["position"]) == ("queued", 1, 2)
    assert client.delete(first["Location"]).status_code == 204


def test_a_query_that_is_cancelled_ends_and_says_so(client, address, gate):
    later = ask(client, address)
    gate.begun.wait(10)

    assert client.delete(later["Location"]).status_code == 204
    gone = client.get(later["Location"])

    assert (gone.status_code, gone.json()["error"]["code"]) == (409, "cancelled")
    assert gate.opened.wait(10)


def test_a_query_cancelled_by_another_process_ends_here(client, address, gate):
    later = ask(client, address)
    gate.begun.wait(10)
    QueryRun.objects.update(state="cancelled")

    WATCH.look()

    assert gate.opened.wait(10)
    assert client.get(later["Location"]).status_code == 409


def test_a_failure_is_answered_as_the_query_would_have(client, address, monkeypatch):
    def slow(*_):
        raise DeadlineExceeded("The query took longer than 30 seconds.")

    monkeypatch.setattr(run, "_computed", slow)
    later = ask(client, address)

    assert client.get(later["Location"], headers={"Prefer": "wait=20"}).status_code == 504


def test_a_query_whose_files_are_gone_for_good_fails(client, project, address):
    storage.path_of(Segment.objects.get(project=project)).unlink()
    later = ask(client, address)

    eventually(lambda: client.get(later["Location"]).status_code != 202)

    found = client.get(later["Location"])
    assert (found.status_code, found["Retry-After"]) == (503, "5")


def test_an_answer_that_could_not_be_written_is_computed_anew(client, address, monkeypatch):
    def refuse(_run_id, **_values):
        raise OperationalError("could not extend file: No space left on device")

    with monkeypatch.context() as full:
        full.setattr(query_runs, "_end", refuse)
        later = ask(client, address)
        run_id = UUID(later.json()["id"])
        eventually(lambda: WATCH.ticket_of(run_id) is None)
    QueryRun.objects.filter(pk=run_id).update(lease_expires_at=timezone.now() - timedelta(seconds=1))

    assert client.get(later["Location"], headers={"Prefer": "wait=20"}).status_code == 200


def test_a_query_that_cannot_be_kept_is_not_computed(client, address, monkeypatch, gate):
    def refuse(_started, _actor):
        gate.begun.wait(10)
        raise OperationalError("could not extend file: No space left on device")

    monkeypatch.setattr(query_runs, "_created", refuse)

    assert ask(client, address, Prefer="wait=0").status_code == 503
    assert gate.opened.wait(10)


def test_a_query_whose_process_died_is_computed_by_whoever_is_asked_for_it(client, project, address):
    left = factories.QueryRunFactory.create(project=project, state="running", spec=SPEC)

    found = client.get(f"{address}{left.pk}/", headers={"Prefer": "wait=20"})

    assert found.status_code == 200
    left.refresh_from_db()
    assert left.attempts == 2


def test_a_query_that_is_interrupted_again_and_again_fails(client, project, address):
    left = factories.QueryRunFactory.create(project=project, state="running", spec=SPEC, attempts=3)

    assert client.get(f"{address}{left.pk}/").status_code == 503


def test_nobody_else_finds_it_and_no_other_project_has_it(client, stranger, address, project, organization):
    left = factories.QueryRunFactory.create(project=project)
    other = factories.ProjectFactory.create(organization=organization)

    assert client_of(stranger).get(f"{address}{left.pk}/").status_code == 404
    assert client_of(stranger).delete(f"{address}{left.pk}/").status_code == 404
    assert client.get(f"/api/v1/projects/{other.pk}/query/{left.pk}/").status_code == 404


def test_what_was_answered_before_an_erasure_is_forgotten(client, address, project, owner):
    later = ask(client, address)
    assert client.get(later["Location"], headers={"Prefer": "wait=20"}).status_code == 200

    erasures.request(project=project, actor=Actor(user=owner), person="a")

    assert client.get(later["Location"]).status_code == 404


def test_answers_are_kept_for_an_hour(project):
    factories.QueryRunFactory.create(project=project, created_at=timezone.now() - timedelta(minutes=61))
    fresh = factories.QueryRunFactory.create(project=project)

    query_runs.forget_old()

    assert list(QueryRun.objects.all()) == [fresh]


def test_an_organization_has_so_many_unfinished_queries_at_most(client, address, project, monkeypatch, gate):
    monkeypatch.setattr(query_runs, "MOST_UNFINISHED", 1)
    factories.QueryRunFactory.create(
        project=project, state="queued", lease_expires_at=timezone.now() + timedelta(hours=1)
    )

    refused = ask(client, address)

    assert (refused.status_code, refused["Retry-After"]) == (429, "5")
    # It is ended where it had begun; on a busy machine it may have been taken back before that.
    assert not gate.begun.is_set() or gate.opened.wait(10)
