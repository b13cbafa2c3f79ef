"""Projects and queries over HTTP."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from rest_framework.test import APIClient

from accounts.permissions import Scope
from analytics.kinds import KINDS, parse_spec
from analytics.queries.run import run_query
from analytics.services import ingestion, sealing
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
SPEC = {"kind": "overview", "period": {"from": "2026-11-20", "to": "2026-11-20"}, "panels": ["figures"]}

FUNNEL = {"kind": "funnel", "period": {"last": "7d"}, "steps": [{"event": "A"}, {"event": "B"}]}


def client_of(user=None, key=None):
    client = APIClient()
    client.force_authenticate(user) if user else None
    if key:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


@pytest.fixture
def secret(organization):
    text = "pls_" + "q" * 40
    factories.SecretKeyFactory(organization=organization, text=text, scopes=[Scope.QUERY])
    return text


def test_a_key_lists_the_projects_of_its_organization_only(project, secret):
    factories.ProjectFactory()

    answer = client_of(key=secret).get("/api/v1/projects/")

    assert [item["id"] for item in answer.json()["results"]] == [project.pk]


def test_a_person_lists_the_projects_of_their_organizations(project, teammate, stranger):
    assert len(client_of(teammate).get("/api/v1/projects/").json()["results"]) == 1
    assert client_of(stranger).get("/api/v1/projects/").json()["results"] == []


def test_a_project_says_its_time_zone(project, teammate):
    answer = client_of(teammate).get(f"/api/v1/projects/{project.pk}/").json()

    assert (answer["organization"], answer["slug"], answer["time_zone"]) == ("acme", "shop", "UTC")


@pytest.mark.usefixtures("engine")
def test_a_query_answers_with_its_provenance(project, secret):
    store(project, [event(NOON, anonymous_id="a", kind="page")])

    answer = client_of(key=secret).post(f"/api/v1/projects/{project.pk}/query/", SPEC, format="json")

    body = answer.json()
    assert answer.status_code == 200
    assert body["result"]["figures"][0] == {"metric": "visitors", "value": 1.0, "previous": 0.0, "change": None}
    assert body["provenance"]["spec"] == parse_spec(SPEC).model_dump(mode="json")
    assert body["provenance"]["rows_read"] == 1
    assert body["provenance"]["time_zone"] == "UTC"
    assert "gap of more than 30 minutes" in body["provenance"]["definition"]


@pytest.mark.usefixtures("engine")
def test_an_answer_is_kept_until_new_events_are_sealed(project, secret):
    client = client_of(key=secret)
    address = f"/api/v1/projects/{project.pk}/query/"
    store(project, [event(NOON, anonymous_id="a")])

    first, second = (client.post(address, SPEC, format="json").json() for _ in range(2))
    store(project, [event(NOON, anonymous_id="b")])
    third = client.post(address, SPEC, format="json").json()

    assert [item["provenance"]["cached"] for item in (first, second, third)] == [False, True, False]
    assert [item["result"]["figures"][0]["value"] for item in (first, second, third)] == [1, 1, 2]


def test_strangers_and_keys_of_others_cannot_tell_that_it_exists(project, stranger):
    text = "pls_" + "s" * 40
    factories.SecretKeyFactory(text=text, scopes=[Scope.QUERY])

    for client in (client_of(stranger), client_of(key=text)):
        assert client.get(f"/api/v1/projects/{project.pk}/").status_code == 404
        assert client.post(f"/api/v1/projects/{project.pk}/query/", SPEC, format="json").status_code == 404


def test_a_key_without_the_scope_is_forbidden(project, organization):
    text = "pls_" + "i" * 40
    factories.SecretKeyFactory(organization=organization, text=text, scopes=[Scope.INGEST])
    client = client_of(key=text)

    assert client.get("/api/v1/projects/").status_code == 403
    assert client.post(f"/api/v1/projects/{project.pk}/query/", SPEC, format="json").status_code == 403


def test_without_a_key_nothing_is_answered(project):
    assert client_of().post(f"/api/v1/projects/{project.pk}/query/", SPEC, format="json").status_code == 401


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({}, ["kind"]),
        ({"kind": ["overview"]}, ["kind"]),
        ({"kind": "overview"}, ["period"]),
        ({"kind": "overview", "period": {"last": "week"}}, ["period.last"]),
        ({"kind": "overview", "period": {"last": "7d"}, "limit": 0, "colour": 1}, ["limit", "colour"]),
        (
            {"kind": "overview", "period": {"last": "7d"}, "filters": [{"field": "path", "operator": "like"}]},
            ["filters.0.operator"],
        ),
        (
            {
                "kind": "overview",
                "period": {"last": "7d"},
                "filters": [{"field": "path", "operator": "matches", "values": ["(?=a)"]}],
            },
            ["filters.0.values"],
        ),
        ({"kind": "trends", "period": {"last": "7d"}, "series": [{"aggregation": "sum"}]}, ["series.0.property"]),
        (
            {"kind": "trends", "period": {"last": "12mo"}, "interval": "hour", "series": [{}]},
            ["interval"],
        ),
        ({"kind": "breakdown", "period": {"last": "7d"}, "breakdown": ["path", "path"]}, ["breakdown"]),
        (
            {"kind": "breakdown", "period": {"last": "7d"}, "breakdown": ["path"], "columns": [{"property": "x"}]},
            ["columns.0.property"],
        ),
        ({"kind": "sessions", "period": {"last": "7d"}, "breakdown": ["path"]}, ["breakdown.0"]),
        ({**FUNNEL, "steps": [{"event": "A"}]}, ["steps"]),
        (
            {**FUNNEL, "steps": [{"event": "A"}, {"filters": [{"field": "x", "operator": "is_set"}]}]},
            ["steps.1.filters.0.field"],
        ),
        ({**FUNNEL, "exclusions": [{"event": "X", "after": 2}]}, ["exclusions"]),
        ({**FUNNEL, "order": "any", "window_from": "previous"}, ["window_from"]),
        ({**FUNNEL, "window": {"count": 0, "unit": "day"}}, ["window.count"]),
        ({**FUNNEL, "people": {"step": 1, "which": "dropped"}}, ["people.which"]),
        ({**FUNNEL, "people": {"step": 3}}, ["people"]),
        (
            {
                "kind": "revenue",
                "period": {"last": "7d"},
                "events": ["A"],
                "refund_events": ["A"],
                "property": "x",
            },
            ["refund_events"],
        ),
        ({"kind": "retention", "period": {"last": "7d"}, "interval": "hour"}, ["interval"]),
        ({"kind": "retention", "period": {"last": "12mo"}, "interval": "day", "follow": 100}, ["follow"]),
        ({"kind": "retention", "period": {"last": "7d"}, "start": {"name": "A"}}, ["start.name"]),
        (["overview"], ["body"]),
    ],
)
def test_a_wrong_spec_names_its_fields(project, secret, spec, fields):
    answer = client_of(key=secret).post(
        f"/api/v1/projects/{project.pk}/query/", json.dumps(spec), content_type="application/json"
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"
    assert [item["field"] for item in answer.json()["error"]["fields"]] == fields


def test_each_kind_has_its_schema_and_a_valid_example_in_the_description(client):
    document = client.get("/api/schema/?format=json").json()

    request = document["paths"]["/api/v1/projects/{project_id}/query/"]["post"]["requestBody"]["content"]
    content = request["application/json"]
    kinds = [item["properties"]["kind"]["const"] for item in content["schema"]["oneOf"]]
    assert kinds == list(KINDS)
    assert [parse_spec(item["value"]).kind for item in content["examples"].values()] == list(KINDS)


@pytest.mark.usefixtures("engine")
def test_one_project_never_sees_the_events_of_another(project, secret):
    other = factories.ProjectFactory.create(organization=project.organization)
    ingestion.accept(project=other, events=[event(NOON, anonymous_id="theirs")])
    sealing.seal_all()

    answer = client_of(key=secret).post(f"/api/v1/projects/{project.pk}/query/", SPEC, format="json").json()

    assert answer["provenance"]["rows_read"] == 0
    assert answer["result"]["figures"][0]["value"] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("engine")
def test_the_example_of_each_kind_answers_as_json_csv_and_parquet(project, secret, kind):
    store(project, [event(NOON, anonymous_id="a", kind="page", properties={"revenue": 5})])
    client, address = client_of(key=secret), f"/api/v1/projects/{project.pk}/query/"

    found = {
        accept: client.post(address, KINDS[kind].example, format="json", headers={"Accept": accept})
        for accept in ("application/json", "text/csv", "application/vnd.apache.parquet")
    }

    assert {answer.status_code for answer in found.values()} == {200}
    assert {accept: answer["Content-Type"] for accept, answer in found.items()} == {key: key for key in found}
    table = pq.read_table(io.BytesIO(found["application/vnd.apache.parquet"].content))
    rows = list(csv.reader(io.StringIO(found["text/csv"].content.decode())))
    assert (rows[0], len(rows) - 1) == (table.column_names, table.num_rows)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("engine")
def test_an_answer_that_was_kept_is_the_same(project, secret, kind):
    store(project, [event(NOON, anonymous_id="a", kind="page"), event(NOON, anonymous_id="b")])
    spec = parse_spec(KINDS[kind].example)

    fresh, kept = (run_query(project=project, spec=spec, now=NOON) for _ in range(2))

    assert (fresh.provenance.cached, kept.provenance.cached) == (False, True)
    assert kept.result == fresh.result


def test_an_answer_comes_as_nothing_else(project, secret):
    answer = client_of(key=secret).post(
        f"/api/v1/projects/{project.pk}/query/", SPEC, format="json", headers={"Accept": "text/html"}
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (406, "not_acceptable")


def test_an_error_is_json_whatever_was_asked_for(project, secret):
    answer = client_of(key=secret).post(
        f"/api/v1/projects/{project.pk}/query/", {}, format="json", headers={"Accept": "text/csv"}
    )

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")


@pytest.mark.usefixtures("engine")
def test_an_explanation_shows_what_the_engine_was_told_for_each_range(project, secret, settings):
    store(project, [event(NOON, anonymous_id="a", kind="page")])
    address = f"/api/v1/projects/{project.pk}/query/explain/"

    posted = client_of(key=secret).post(address, SPEC, format="json").json()
    given = client_of(key=secret).get(address, {"spec": json.dumps(SPEC)}).json()

    assert posted["estimate"]["rows"] == posted["provenance"]["rows_read"] == 1
    assert {item["start"] for item in posted["statements"]} == {"2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"}
    assert any("SELECT" in item["sql"] for item in posted["statements"])
    assert str(settings.DATA_FOLDER) not in json.dumps(posted)
    assert sorted(item["sql"] for item in given["statements"]) == sorted(
        item["sql"] for item in posted["statements"]
    )


def test_an_explanation_is_not_for_viewers(project, teammate):
    answer = client_of(teammate).post(f"/api/v1/projects/{project.pk}/query/explain/", SPEC, format="json")

    assert answer.status_code == 403


def test_a_query_over_the_limit_of_the_plan_is_refused_before_it_runs(project, secret, organization):
    organization.plan = factories.PlanFactory.create(name="Small", query_rows=1)
    organization.save()
    store(project, [event(NOON, anonymous_id="a"), event(NOON, anonymous_id="b")])

    answer = client_of(key=secret).post(f"/api/v1/projects/{project.pk}/query/", SPEC, format="json")

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["rows"], error["limit"]) == ("query_too_large", 2, 1)


def test_each_kind_has_its_json_schema(client):
    found = client.get("/api/v1/query-schema/").json()

    assert list(found) == list(KINDS)
    for name, kind in found.items():
        assert kind["schema"]["properties"]["kind"]["const"] == name
        assert parse_spec(kind["example"]).definition == kind["definition"]
