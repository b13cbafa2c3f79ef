"""A sensitive property is seen by those alone who may see it, wherever it could appear: a canary is looked for."""

import asyncio
import json
import secrets
from itertools import product
from typing import Any

import pytest
import time_machine
from django.test import Client
from pydantic import BaseModel

from accounts.access import SYSTEM, Actor
from accounts.errors import Forbidden
from accounts.models import AuditEntry
from accounts.permissions import Role, Scope
from analytics.kinds import KINDS, parse_spec
from analytics.models import PropertyDefinition
from analytics.queries import sql_in_clickhouse
from analytics.queries.run import run_query
from analytics.queries.sql import UNREDACTED, run_sql
from analytics.sensitive import Hidden, naming
from analytics.services import cohorts, definitions, insights
from analytics.services.cohorts import Content as CohortContent
from analytics.services.insights import Content
from tests import factories
from tests.analytics.cohorts import LATER, compute
from tests.analytics.events import NOON, event, store
from tests.test_access_matrix import JSON, TABLE, bearer, rows

pytestmark = pytest.mark.django_db
CANARY = "zebra-canary"
WITHIN = "period.from=2026-11-20&period.to=2026-11-20"
DAY = {"from": "2026-11-20", "to": "2026-11-20"}
# Property of events, trait of people, trait of groups.
MARKED = (("salary", "event"), ("iban", "person"), ("vat", "group"))
FIELDS = ("properties.salary", "properties.iban", "properties.vat", "person.iban", "group.vat")
# Whose kinds show whole events or traits.
SHOWING = {"events", "people", "groups"}


def told() -> list[Any]:
    """One person, of one group, whose events tell it in every way."""
    nested = {"salary": CANARY, "deep": [{"salary": CANARY}], "open": "yes"}
    return [
        event(
            NOON,
            kind="identify",
            user_id="ada",
            properties={"iban": CANARY, "name": "Ada", "score": 1},
            message_id="i",
        ),
        event(NOON, kind="group", user_id="ada", group_id="acme", properties={"vat": CANARY, "name": "Acme"}),
        event(
            NOON,
            name="Buy",
            user_id="ada",
            group_id="acme",
            path="/buy",
            country="DE",
            properties={"salary": CANARY, "nested": nested, "plan": "pro", "revenue": 5},
            context=json.dumps({"traits": {"iban": CANARY}, "set_once": {"iban": CANARY}, "app": "web"}),
        ),
    ]


@pytest.fixture(autouse=True)
def _an_hour_later():
    with time_machine.travel(NOON.replace(hour=13)):
        yield


@pytest.fixture
def shop(organization, django_capture_on_commit_callbacks):
    """Of an id that no other run has, for the live view is in Redis."""
    project = factories.ProjectFactory.create(
        organization=organization, name="Shop", slug="shop", pk=secrets.randbelow(2**62) + 1
    )
    with django_capture_on_commit_callbacks(execute=True):
        store(project, told())
    return project


def mark(project, *, to: bool = True) -> None:
    for name, subject in MARKED:
        definition = PropertyDefinition.objects.get(project=project, name=name, subject=subject)
        definitions.mark(definition=definition, actor=SYSTEM, is_sensitive=to)


@pytest.fixture
def marked(shop):
    mark(shop)
    return shop


def member(organization, role: str) -> Client:
    client = Client()
    client.force_login(factories.MembershipFactory.create(organization=organization, role=role).user)
    return client


def ask(client: Client, project, spec: dict[str, Any], **options: Any):
    return client.post(f"/api/v1/projects/{project.pk}/query/", spec, JSON, **options)


def questions() -> list[dict[str, Any]]:
    """Every kind, as its example asks, over everything."""
    found = []
    for kind in KINDS.values():
        spec = {name: value for name, value in kind.example.items() if name not in {"search", "interval"}}
        found.append({**spec, "period": DAY, "filters": []})
    return found


def naming_marked() -> list[dict[str, Any]]:
    """Every kind with every marked field: as a filter, in groups, as a breakdown, as an aggregated property."""
    found = []
    for spec, field in product(questions(), FIELDS):
        filter_ = {"field": field, "operator": "is", "values": [CANARY]}
        found += [{**spec, "filters": [filter_]}, {**spec, "filters": [{"any": [{"not": filter_}]}]}]
        for name in {"breakdown", "dimensions"}.intersection(KINDS[spec["kind"]].spec.model_fields):
            # A session has no value of these.
            if spec["kind"] != "sessions":
                one = spec["kind"] in {"funnel", "retention"}
                found.append({**spec, name: field if one else [field]})
    for name in ("salary", "iban", "vat"):
        summed = {"aggregation": "sum", "property": name}
        found += [
            {"kind": "trends", "period": DAY, "series": [{"event": "Buy", **summed}]},
            {"kind": "breakdown", "period": DAY, "breakdown": ["country"], "columns": [summed]},
            {"kind": "revenue", "period": DAY, "events": ["Buy"], "property": name},
            {**KINDS["revenue"].example, "currency_property": name},
            {"kind": "attribution", "period": DAY, "event": "Buy", "property": name},
            {**KINDS["drivers"].example, "property": f"properties.{name}"},
            {"kind": "trends", "period": DAY, "series": [{"filters": [
                {"field": f"properties.{name}", "operator": "is_set"}]}]},
        ]  # fmt: skip
    return found


def pages(project) -> list[str]:
    """Everything of the project that can be read by GET, with what has the canary in the placeholders."""
    hers = {"<path:person>": "ada", "<path:group>": "acme", "<slug:region>": "summary", "<slug:panel>": "sources"}
    hers |= {"<int:project_id>": str(project.pk), "<slug:organization>": "acme", "<slug:project>": "shop"}
    property_ = PropertyDefinition.objects.get(project=project, name="salary")
    hers["<int:property_id>"] = str(property_.pk)
    hers["<int:cohort_id>"] = str(project.cohorts.get().pk)
    hers["<uuid:insight>"] = hers["<uuid:insight_id>"] = str(project.insights.get().pk)
    found = []
    for row in rows(TABLE):
        if row.method != "GET" or "project" not in row.route:
            continue
        routes = [row.route]
        if "<slug:kind>" in row.route:
            routes = [row.route.replace("<slug:kind>", kind) for kind in KINDS]
        for route in routes:
            path = route
            for placeholder, value in hers.items():
                path = path.replace(placeholder, value)
            if "<" not in path:
                found.append(f"/{path}?{WITHIN}" if "explore/" in path else f"/{path}")
    return found


def content_of(response) -> bytes:
    async def joined() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return asyncio.run(joined()) if response.streaming else response.content


def has_canary(response) -> bool:
    return CANARY.encode() in content_of(response)


@pytest.fixture
def kept(shop, owner):
    """An insight and a cohort that name what is sensitive, made by the owner."""
    actor = Actor(user=owner)
    spec = {"kind": "trends", "period": DAY, "series": [{"event": "Buy"}]}
    filters = [{"field": "properties.salary", "operator": "is", "values": [CANARY]}]
    insights.create(project=shop, actor=actor, content=Content(name="Paid so", spec={**spec, "filters": filters}))
    condition = {"field": "person.iban", "operator": "is", "values": [CANARY]}
    cohort = cohorts.create(
        project=shop, actor=actor, content=CohortContent(name="Those with an iban", conditions=[condition])
    )
    compute(cohort, now=LATER)
    return shop


def read(client: Client, project) -> set[str]:
    """The addresses whose answers have the canary; the first part of each."""
    return {path.partition("?")[0] for path in pages(project) if has_canary(client.get(path))}


def test_no_page_and_no_route_shows_it(organization, kept, owner) -> None:
    owners = Client()
    owners.force_login(owner)
    base, api = "/o/acme/p/shop/", f"/api/v1/projects/{kept.pk}/"
    cohort = kept.cohorts.get().pk
    everywhere = {
        *(f"{base}{path}" for path in (
            "explore/events/", "explore/events/answer.csv", "people/ada/", "groups/acme/", "live/", "live/events/",
            "settings/export/file/", f"cohorts/{cohort}/", f"cohorts/{cohort}/edit/",
        )),
        *(f"{api}{path}" for path in (
            "export/", "people/ada/", "people/ada/events/", "groups/acme/", "groups/acme/events/", "insights/",
            "cohorts/", f"cohorts/{cohort}/members/",
        )),
    }  # fmt: skip

    # Before it is marked, everybody with the role sees it, so that this test can fail.
    assert everywhere <= read(member(organization, Role.ANALYST), kept)
    mark(kept)

    assert everywhere <= read(owners, kept)
    assert read(member(organization, Role.ANALYST), kept) == set()
    assert read(member(organization, Role.VIEWER), kept) == set()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_no_answer_of_any_kind_shows_it(engine, organization, marked, owner, role) -> None:
    owners, others = Client(), member(organization, role)
    owners.force_login(owner)

    for spec in questions():
        # The owner asks first: what is kept of their answer is not for others.
        whole, part = ask(owners, marked, spec), ask(others, marked, spec)
        assert (whole.status_code, part.status_code) == (200, 200), spec
        assert has_canary(whole) == (spec["kind"] in SHOWING), spec
        assert not has_canary(part), spec


def test_a_question_that_names_it_is_refused_and_says_where(organization, marked) -> None:
    analyst = member(organization, Role.ANALYST)
    asked = naming_marked()

    assert len(asked) > 150
    for spec in asked:
        parse_spec(spec)
        response = ask(analyst, marked, spec)
        assert response.status_code == 403, spec
        error = response.json()["error"]
        assert error["fields"], spec
        assert all("is sensitive" in item["message"] for item in error["fields"])
        assert CANARY not in error["message"]
        explained = analyst.post(f"/api/v1/projects/{marked.pk}/query/explain/", spec, JSON)
        assert explained.status_code == 403, spec
    filters = [{"field": "path", "operator": "is_set"}, {"field": "person.iban", "operator": "is_set"}]
    response = ask(analyst, marked, {"kind": "people", "period": DAY, "filters": filters})
    assert [item["field"] for item in response.json()["error"]["fields"]] == ["filters.1.field"]


def test_owners_may_ask_about_it(marked, owner, client) -> None:
    client.force_login(owner)
    spec = {"kind": "breakdown", "period": DAY, "breakdown": ["properties.salary"], "columns": [{}]}

    assert has_canary(ask(client, marked, spec))


def test_every_field_of_every_spec_that_holds_a_property_is_known() -> None:
    """By their names: another one that holds a property has to end in `property`, or hold a field."""
    hidden = Hidden(events=frozenset({"x"}))
    seen: set[str] = set()

    def look(model: type[BaseModel], place: str) -> None:
        for name, info in model.model_fields.items():
            about = (info.description or "").lower()
            if "property" in about and info.annotation is str:
                seen.add(f"{place}.{name}")

    for kind in KINDS.values():
        look(kind.spec, kind.name)
    assert all(name.endswith("property") for name in seen), seen
    assert naming({"a": [{"currency_property": "x"}, {"property": "properties.x"}]}, hidden) == {
        "a.0.currency_property": "properties.x",
        "a.1.property": "properties.x",
    }


@pytest.mark.parametrize("word", [CANARY, "zebra", "salary"])
def test_a_search_does_not_find_it(organization, marked, owner, client, word) -> None:
    client.force_login(owner)
    spec = {"kind": "events", "period": DAY, "search": word}
    analyst = member(organization, Role.ANALYST)

    assert len(ask(client, marked, spec).json()["result"]["events"]) >= 1
    assert ask(analyst, marked, spec).json()["result"]["events"] == []
    assert len(ask(analyst, marked, {**spec, "search": "buy"}).json()["result"]["events"]) == 1


def test_a_sensitive_name_is_not_searched(organization, shop, owner, client) -> None:
    definition = PropertyDefinition.objects.get(project=shop, name="name", subject="person")
    definitions.mark(definition=definition, actor=SYSTEM, is_sensitive=True)
    spec = {"kind": "people", "period": DAY, "search": "Ad"}
    store(shop, [event(NOON, kind="identify", user_id="u7", properties={"name": "Adele"})])
    client.force_login(owner)

    assert [row["person"] for row in ask(client, shop, spec).json()["result"]["people"]] == ["u7", "ada"]
    found = ask(member(organization, Role.VIEWER), shop, spec).json()["result"]["people"]
    assert [row["person"] for row in found] == ["ada"]


SQLS = (
    "SELECT * FROM events",
    "SELECT properties, context FROM events",
    "SELECT json_extract(properties, '$.nested.deep[0].salary') FROM events",
    "SELECT context->>'$.traits.iban' FROM events",
    "SELECT * FROM people",
    "SELECT traits FROM people",
    "SELECT * FROM sessions",
    "SELECT unnest(json_keys(properties)), name FROM events",
    "SELECT properties::VARCHAR FROM events WHERE properties::VARCHAR LIKE '%zebra%'",
    "SELECT name, stats(properties) FROM events",
)


@pytest.mark.parametrize("sql", SQLS)
def test_sql_does_not_see_it(organization, marked, owner, sql) -> None:
    analyst = member(organization, Role.ANALYST)
    response = analyst.post(f"/api/v1/projects/{marked.pk}/sql/", {"sql": sql}, JSON)

    assert response.status_code in {200, 400}
    assert not has_canary(response)


def test_sql_has_no_column_of_it_and_the_rest(organization, marked, owner) -> None:
    columns = analyst_sql(organization, marked, "SELECT * FROM events LIMIT 1")["columns"]
    names = {column["name"] for column in columns}
    kept = analyst_sql(organization, marked, "SELECT properties FROM events WHERE name = 'Buy'")["rows"]
    whole = run_sql(project=marked, sql="SELECT * FROM events", actor=Actor(user=owner))

    assert {"t:plan"} <= names
    assert not names & {"t:salary", "n:salary"}
    assert json.loads(kept[0][0]) == {"nested": {"deep": [{}], "open": "yes"}, "plan": "pro", "revenue": 5}
    assert CANARY in str(whole.table.to_pylist())
    assert "t:salary" in dict(whole.columns)
    refused = member(organization, Role.ANALYST).post(
        f"/api/v1/projects/{marked.pk}/sql/", {"sql": 'SELECT "t:salary" FROM events'}, JSON
    )
    assert refused.status_code == 400


def analyst_sql(organization, project, sql):
    client = member(organization, Role.ANALYST)
    return client.post(f"/api/v1/projects/{project.pk}/sql/", {"sql": sql}, JSON).json()


def test_sql_on_clickhouse_is_for_those_who_may_see_all(organization, marked, owner, monkeypatch) -> None:
    monkeypatch.setattr(sql_in_clickhouse, "is_here", lambda: True)
    monkeypatch.setattr(sql_in_clickhouse, "closed", lambda _project_id: "")
    analyst = member(organization, Role.ANALYST)

    response = analyst.post(f"/api/v1/projects/{marked.pk}/sql/", {"sql": "SELECT 1"}, JSON)

    assert response.status_code == 403
    assert response.json()["error"]["message"] == UNREDACTED
    monkeypatch.setattr(sql_in_clickhouse, "schema", lambda _project: {})
    assert UNREDACTED in analyst.get("/o/acme/p/shop/sql/?q=SELECT+1").content.decode()


def test_exports_leave_it_out_in_every_format(engine, organization, marked, owner) -> None:
    analyst = member(organization, Role.ANALYST)
    owners = Client()
    owners.force_login(owner)
    for kind in ("ndjson", "csv"):
        path = f"/api/v1/projects/{marked.pk}/export/?format={kind}"
        assert has_canary(owners.get(path))
        found = analyst.get(path)
        assert found.status_code == 200
        assert not has_canary(found)
    lines = content_of(analyst.get(f"/api/v1/projects/{marked.pk}/export/?event=Buy")).splitlines()
    (row,) = map(json.loads, lines)
    assert row["properties"] == {"nested": {"deep": [{}], "open": "yes"}, "plan": "pro", "revenue": 5}
    assert row["context"] == {"traits": {}, "set_once": {}, "app": "web"}


def test_a_person_is_exported_whole(organization, marked, owner) -> None:
    owners = Client()
    owners.force_login(owner)

    assert owners.get(f"/api/v1/projects/{marked.pk}/people/ada/export/").status_code == 200
    assert member(organization, Role.ANALYST).get(
        f"/api/v1/projects/{marked.pk}/people/ada/export/"
    ).status_code == 403  # fmt: skip


def test_the_stats_api_refuses_it(client, organization, marked) -> None:
    asked = {"site_id": "shop", "date_range": ["2026-11-20", "2026-11-20"], "metrics": ["events"]}
    by_salary = {**asked, "dimensions": ["event:props:salary"]}
    filtered = {**asked, "filters": [["is", "event:props:iban", [CANARY]]]}
    plain = bearer(organization=organization, scopes=[Scope.QUERY])
    sighted = bearer(organization=organization, scopes=[Scope.QUERY, Scope.SENSITIVE])

    for query in (by_salary, filtered):
        response = client.post("/api/v2/query", query, JSON, headers=plain)
        assert response.status_code == 403
        assert "sensitive" in response.json()["error"]
    assert has_canary(client.post("/api/v2/query", by_salary, JSON, headers=sighted))


def test_a_key_sees_it_with_the_scope(client, organization, marked) -> None:
    spec = {"kind": "events", "period": DAY}
    plain = bearer(organization=organization, scopes=[Scope.QUERY, Scope.MANAGE, Scope.PRIVACY])
    sighted = bearer(organization=organization, scopes=[Scope.QUERY, Scope.SENSITIVE])

    assert not has_canary(ask(client, marked, spec, headers=plain))
    assert has_canary(ask(client, marked, spec, headers=sighted))


def test_a_long_query_is_fetched_by_those_alone_who_may_see_its_answer(organization, marked, owner) -> None:
    owners, analyst = Client(), member(organization, Role.ANALYST)
    owners.force_login(owner)
    run = factories.QueryRunFactory.create(project=marked)
    theirs = factories.QueryRunFactory.create(
        project=marked, hidden={"events": ["salary"], "people": ["iban"], "groups": ["vat"]}
    )

    assert owners.get(f"/api/v1/projects/{marked.pk}/query/{run.pk}/").status_code == 409
    assert analyst.get(f"/api/v1/projects/{marked.pk}/query/{run.pk}/").status_code == 404
    assert analyst.get(f"/o/acme/p/shop/explore/runs/{run.pk}/").status_code == 404
    assert analyst.get(f"/api/v1/projects/{marked.pk}/query/{theirs.pk}/").status_code == 409


def test_a_run_remembers_what_it_leaves_out(organization, marked, settings) -> None:
    analyst = member(organization, Role.ANALYST)
    later = ask(analyst, marked, {"kind": "events", "period": DAY}, headers={"Prefer": "wait=0"})

    assert later.status_code in {200, 202}
    for run in marked.query_runs.all():
        assert run.hidden == {"events": ["salary"], "people": ["iban"], "groups": ["vat"]}


def test_saved_questions_about_it_are_for_those_who_may_see_it(organization, kept, owner) -> None:
    mark(kept)
    analyst, owners = member(organization, Role.ANALYST), Client()
    owners.force_login(owner)
    insight = kept.insights.get()
    api = f"/api/v1/projects/{kept.pk}/insights/"
    spec = {"kind": "trends", "period": DAY, "series": [{"event": "Buy"}]}
    breakdown = {**spec, "breakdown": ["person.iban"]}

    assert analyst.get(api).json()["results"] == []
    assert len(owners.get(api).json()["results"]) == 1
    for path in ("", "result/", "history/"):
        refused = analyst.get(f"{api}{insight.pk}/{path}")
        assert refused.status_code == 403
        assert "spec.filters.0.field" in refused.json()["error"]["fields"][0]["field"]
    made = analyst.post(api, {"name": "By iban", "spec": breakdown}, JSON)
    assert made.status_code == 403
    assert made.json()["error"]["fields"][0]["field"] == "spec.breakdown.0"
    own = analyst.post(api, {"name": "Mine", "spec": spec}, JSON).json()
    assert analyst.patch(f"{api}{own['id']}/", {"spec": breakdown}, JSON).status_code == 403
    assert owners.patch(f"{api}{own['id']}/", {"spec": breakdown}, JSON).status_code == 200
    assert owners.patch(f"{api}{own['id']}/", {"spec": spec}, JSON).status_code == 200
    # What it was in between is neither shown nor taken back by who may not see it.
    assert [change["number"] for change in analyst.get(f"{api}{own['id']}/history/").json()] == [3, 1]
    assert analyst.post(f"{api}{own['id']}/restore/2/").status_code == 403


@pytest.mark.parametrize(
    "spec",
    [
        {
            "kind": "revenue",
            "period": DAY,
            "events": ["Buy"],
            "property": "revenue",
            "currency_property": "salary",
        },
        {"kind": "trends", "period": DAY, "series": [{"aggregation": "sum", "property": "salary"}]},
        {
            "kind": "people",
            "period": DAY,
            "filters": [{"all": [{"not": {"field": "group.vat", "operator": "is_set"}}]}],
        },
    ],
)
def test_lists_of_insights_leave_out_what_names_it_anywhere(organization, marked, spec) -> None:
    factories.InsightFactory.create(project=marked, spec=spec)
    named_alike = {"kind": "trends", "period": DAY, "series": [{"event": "salary", "label": "properties"}]}
    other = factories.InsightFactory.create(project=marked, spec=named_alike)

    found = member(organization, Role.VIEWER).get(f"/api/v1/projects/{marked.pk}/insights/").json()["results"]

    assert [row["id"] for row in found] == [str(other.pk)]


def test_a_cohort_about_it_is_used_by_all_and_made_by_those_who_may_see_it(organization, kept) -> None:
    mark(kept)
    analyst = member(organization, Role.ANALYST)
    cohort = kept.cohorts.get()
    api = f"/api/v1/projects/{kept.pk}/cohorts/"
    about = {"field": "person.iban", "operator": "contains", "values": ["z"]}
    done = {"done": "Buy", "period": DAY, "filters": [{"field": "properties.salary", "operator": "is_set"}]}

    shown = analyst.get(f"{api}{cohort.pk}/").json()
    assert (shown["conditions"], shown["withheld"], shown["size"]) == (None, ["person.iban"], 1)
    in_it = [{"field": "person", "operator": "in_cohort", "values": [cohort.pk]}]
    people = ask(analyst, kept, {"kind": "people", "period": DAY, "filters": in_it}).json()["result"]["people"]
    assert [row["person"] for row in people] == ["ada"]
    for condition, place in ((about, "conditions.0.field"), (done, "conditions.0.filters.0.field")):
        made = analyst.post(api, {"name": "New", "conditions": [condition]}, JSON)
        assert made.status_code == 403
        assert made.json()["error"]["fields"][0]["field"] == place
    assert analyst.patch(f"{api}{cohort.pk}/", {"name": "Renamed"}, JSON).status_code == 403
    assert analyst.get(f"/o/acme/p/shop/cohorts/{cohort.pk}/edit/").status_code == 403
    assert "not shown" in analyst.get(f"/o/acme/p/shop/cohorts/{cohort.pk}/").content.decode()


def test_names_stay_in_lists_and_marking_takes_an_admin(organization, shop) -> None:
    definition = PropertyDefinition.objects.get(project=shop, name="salary")
    api = f"/api/v1/projects/{shop.pk}/definitions/properties/{definition.pk}/"
    page = f"/o/acme/p/shop/data/properties/{definition.pk}/"
    analyst, admin = member(organization, Role.ANALYST), member(organization, Role.ADMIN)

    assert analyst.patch(api, {"sensitive": True}, JSON).status_code == 403
    analyst.post(page, {"description": "Theirs", "sensitive": "on"})
    definition.refresh_from_db()
    assert (definition.is_sensitive, definition.description) == (False, "Theirs")

    assert admin.patch(api, {"sensitive": True}, JSON).json()["sensitive"] is True
    entry = AuditEntry.objects.get(action="property_definition.marked")
    assert (entry.target_name, entry.before, entry.after) == ("salary", {"sensitive": False}, {"sensitive": True})
    assert analyst.get(api).json()["name"] == "salary"
    assert "sensitive" in analyst.get(page).content.decode()
    # An analyst who describes it leaves the mark as it is.
    assert analyst.post(page, {"description": "Known"}).status_code == 302
    definition.refresh_from_db()
    assert definition.is_sensitive is True
    assert admin.post(page, {"description": "Known"}).status_code == 302
    definition.refresh_from_db()
    assert definition.is_sensitive is False


def test_marking_and_unmarking_hold_with_the_next_question(organization, shop) -> None:
    viewer, spec = member(organization, Role.VIEWER), {"kind": "events", "period": DAY}

    assert has_canary(ask(viewer, shop, spec))
    mark(shop)
    assert not has_canary(ask(viewer, shop, spec))
    mark(shop, to=False)
    assert has_canary(ask(viewer, shop, spec))


def test_whoever_forgets_to_say_for_whom_is_shown_nothing_sensitive(marked) -> None:
    found = run_query(project=marked, spec=parse_spec({"kind": "events", "period": DAY}))
    filters = [{"field": "person.iban", "operator": "is_set"}]

    assert CANARY not in str(found.result)
    with pytest.raises(Forbidden):
        run_query(project=marked, spec=parse_spec({"kind": "people", "period": DAY, "filters": filters}))


def test_other_projects_have_marks_of_their_own(organization, marked) -> None:
    other = factories.ProjectFactory.create(organization=organization)
    store(other, told())

    assert has_canary(ask(member(organization, Role.VIEWER), other, {"kind": "events", "period": DAY}))
