"""Filters in groups, traits, and questions by group, beside what the oracle compares."""

from datetime import timedelta

import pytest

from accounts.errors import Invalid
from analytics.contracts import number_of
from analytics.kinds import parse_spec
from analytics.periods import Span
from analytics.queries import manifest, storage
from analytics.queries.run import run_query
from analytics.store.base import Range, Wanted
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
DAY = {"from": "2026-11-20", "to": "2026-11-20"}
PLAN = {"field": "person.plan", "operator": "is", "values": ["pro"]}
PATH = {"field": "path", "operator": "is", "values": ["/a"]}


def nested(depth):
    return {"not": nested(depth - 1)} if depth else PATH


def total(project, filters=(), **options):
    spec = {"kind": "trends", "period": DAY, "series": [{}], "filters": filters, **options}
    return run_query(project=project, spec=parse_spec(spec), now=NOON).result.lines[0].total


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ([{"any": []}], "filters.0.any"),
        ([{"any": [PATH, {"field": "pat", "operator": "is", "values": ["x"]}]}], "filters.0.any.1.field"),
        ([{"not": {"all": [{**PATH, "operator": "less"}]}}], "filters.0.not.all.0.operator"),
        ([{"any": [PATH], "all": [PATH]}], "filters.0.all"),
        ([nested(6)], "filters"),
        ([{"any": [PATH] * 100}], "filters"),
        ([{"field": "path", "operator": "in_cohort", "values": [1]}], "filters.0.operator"),
        ([{"field": "person", "operator": "in_cohort", "values": ["x"]}], "filters.0.values"),
        ([{"field": "cohort.0", "operator": "is", "values": ["in"]}], "filters.0.field"),
        ([{"any": [PATH, {"field": "entry_path", "operator": "is_set"}]}], "filters"),
    ],
)
def test_a_wrong_filter_is_named_by_its_path(filters, field):
    with pytest.raises(Invalid) as refused:
        parse_spec({"kind": "trends", "period": DAY, "series": [{}], "filters": filters})

    assert field in [item.field for item in refused.value.fields]


def test_groups_stay_as_they_were_sent():
    filters = [nested(5), {"any": [PLAN, {"all": [PATH, PLAN]}]}]

    spec = parse_spec({"kind": "overview", "period": DAY, "filters": filters})

    assert spec.model_dump(mode="json")["filters"] == filters
    assert parse_spec(spec.model_dump(mode="json")) == spec


def test_a_trait_is_that_of_now_and_of_the_project(engine):
    ours, theirs = factories.ProjectFactory.create_batch(2)
    for project, plan in ((ours, "free"), (theirs, "pro")):
        identify = event(NOON, kind="identify", user_id="ada", properties={"plan": plan})
        store(project, [identify, event(NOON, name="Buy", user_id="ada")])
    before = total(ours, [PLAN]), total(theirs, [PLAN])

    store(ours, [event(NOON + timedelta(1), kind="identify", user_id="ada", properties={"plan": "pro"})])

    assert before == (0, 2)
    assert total(ours, [PLAN]) == 2
    assert total(ours, [{"not": PLAN}]) == 0


def test_people_and_groups_are_named_by_their_numbers(engine):
    project = factories.ProjectFactory.create()
    store(project, [event(NOON, anonymous_id="a1", group_id="acme"), event(NOON, user_id="bob")])
    engine.tidy(project)
    store(project, [event(NOON, kind="identify", anonymous_id="a1", user_id="ada")])
    span = Span(NOON, NOON + timedelta(hours=1))
    snapshot = manifest.snapshot(project.pk, start=span.start, end=span.end)
    wanted = [Wanted(), Wanted(by_group=True), Wanted(sessions=True, by_group=True)]

    found = []
    for columns in wanted:
        with storage.reader().read(snapshot, Range(span, (span,)), columns) as reading:
            numbers = [who for (who,) in reading.rows(reading.events.select("who").distinct())]
            found.append(reading.names([*numbers, 7]))

    assert found == [{number_of("ada"): "ada", number_of("bob"): "bob"}, *[{number_of("acme"): "acme"}] * 2]


def test_a_cohort_that_there_is_not_is_refused():
    project = factories.ProjectFactory.create()
    stranger = {"field": "person", "operator": "in_cohort", "values": [2**62]}

    with pytest.raises(Invalid) as refused:
        total(project, [PATH, {"any": [PATH, stranger]}])

    assert [item.field for item in refused.value.fields] == ["filters.1.any.1.values"]
