"""An event store that does not answer: whoever asks is told so, and when to come back."""

from unittest.mock import Mock

import pytest
from django.urls import reverse

from accounts.permissions import Scope
from analytics.models import QueryRun
from analytics.queries import run
from analytics.queries.desk import Ticket
from tests import factories
from tests.analytics.events import NOON, event, store
from tests.analytics.test_query_api import SPEC, client_of
from tests.analytics.test_query_runs import ASYNC, Gate

pytestmark = pytest.mark.django_db
NOBODY = "clickhouse://127.0.0.1:1/default"
SAID = "The event store does not answer at the moment."
SCOPES = [Scope.QUERY, Scope.PRIVACY]
PAGES = [
    ("overview", {}, ""),
    ("overview_panel", {"region": "summary"}, ""),
    ("overview_panel", {"region": "sources"}, ""),
    ("overview_table", {"panel": "pages"}, ""),
    ("overview_table_csv", {"panel": "pages"}, ""),
    ("overview_chart_svg", {}, ""),
    ("explore_kind", {"kind": "trends"}, "?period.last=7d&series.0.aggregation=unique"),
    ("explore_csv", {"kind": "trends"}, "?period.last=7d&series.0.aggregation=unique"),
    ("explore_svg", {"kind": "trends", "place": 0}, "?period.last=7d&series.0.aggregation=unique"),
    ("explore_explain", {"kind": "trends"}, "?period.last=7d&series.0.aggregation=unique"),
    ("person", {"person": "a"}, ""),
    ("group", {"group": "g"}, ""),
    ("export_file", {}, "?format=ndjson"),
    ("sql", {}, "?q=SELECT+1"),
]


@pytest.fixture
def silent(project, clickhouse, settings):
    """A project with an event in a ClickHouse that nobody listens for any more."""
    store(project, [event(NOON, anonymous_id="a", kind="page")])
    settings.EVENT_STORE_URL = NOBODY
    settings.EVENT_STORE_SQL_URL = "clickhouse://sql_{project}:secret@127.0.0.1:1/default"
    return project


@pytest.fixture
def client_with_key(organization):
    factories.SecretKeyFactory.create(organization=organization, text="pls_silent", scopes=SCOPES)
    return client_of(key="pls_silent")


@pytest.fixture
def gate(monkeypatch):
    made = Gate(run._computed)
    monkeypatch.setattr(run, "_computed", made)
    yield made
    made.opened.set()


def answers(client, path):
    """Of every door to the project's events."""
    yield client.post(f"{path}query/", SPEC, format="json")
    yield client.post(f"{path}query/explain/", SPEC, format="json")
    yield client.post(f"{path}sql/", {"sql": "SELECT 1"}, format="json")
    for door in ("export/?format=ndjson", "export/?format=parquet", "people/a/export/"):
        yield client.get(f"{path}{door}")
    for door in ("people/a/", "people/a/events/", "groups/g/", "groups/g/events/"):
        yield client.get(f"{path}{door}")


def test_the_api_says_that_it_is_unavailable_and_when_to_come_back(silent, client_with_key, caplog):
    found = list(answers(client_with_key, f"/api/v1/projects/{silent.pk}/"))

    for answer in found:
        assert (answer.status_code, answer["Retry-After"]) == (503, "5"), answer.request
        assert answer.json() == {"error": {"code": "unavailable", "message": SAID, "retry_after": 5}}
    assert caplog.text.count("127.0.0.1") + caplog.text.count("Connection refused") >= len(found)


def test_plausible_s_form_says_it_too(silent, client_with_key):
    query = {"site_id": silent.slug, "metrics": ["visitors"], "date_range": ["2026-11-20", "2026-11-20"]}

    answer = client_with_key.post("/api/v2/query", query, format="json")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"error": SAID}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "panel"])
@pytest.mark.parametrize(("name", "arguments", "query"), PAGES)
def test_a_page_says_it_and_offers_to_try_again(silent, client, owner, name, arguments, query, headers):
    client.force_login(owner)
    path = reverse(name, kwargs={"organization": "acme", "project": silent.slug, **arguments}) + query

    answer = client.get(path, headers=headers)
    text = answer.content.decode()

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert SAID in text
    assert ("Try again</" in text) or ("Ask again</" in text)
    assert "127.0.0.1" not in text


@pytest.mark.django_db(transaction=True)
def test_a_query_to_be_fetched_later_fails_with_it(project, clickhouse, client_with_key, gate, settings):
    store(project, [event(NOON, anonymous_id="a", kind="page")])
    later = client_with_key.post(f"/api/v1/projects/{project.pk}/query/", SPEC, format="json", headers=ASYNC)
    settings.EVENT_STORE_URL = NOBODY
    gate.opened.set()

    answer = client_with_key.get(later["Location"], headers={"Prefer": "wait=20"})

    assert later.status_code == 202
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"error": {"code": "unavailable", "message": SAID, "retry_after": 5}}


def test_what_cannot_be_estimated_is_not_kept_for_later(silent, client_with_key, gate, monkeypatch):
    leave = Mock()
    monkeypatch.setattr(Ticket, "leave", leave)

    answer = client_with_key.post(f"/api/v1/projects/{silent.pk}/query/", SPEC, format="json", headers=ASYNC)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    leave.assert_called_once_with()
    assert not QueryRun.objects.exists()
