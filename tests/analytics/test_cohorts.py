"""Who is in a cohort, beside what the oracle compares: as of when, by whom computed, and what follows from it."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotReady
from analytics import tasks
from analytics.kinds import parse_spec
from analytics.models import Cohort, CohortPart
from analytics.queries import cohorts as queries
from analytics.queries import person
from analytics.queries.run import run_query
from analytics.services import cohort_members, cohort_work, cohorts, erasures
from analytics.services.cohorts import Content
from tests import factories
from tests.analytics.cohorts import BOUGHT, DAY, LATER, PRO, changed, compute, computed, is_in, leased, made, who
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def shop(project):
    """Ada, who is pro and bought twice, Bob, who bought once, and Eve, who only looked."""
    store(
        project,
        [
            event(NOON, kind="identify", user_id="ada", anonymous_id="phone", properties={"plan": "pro"}),
            event(NOON, name="Buy", user_id="ada"),
            event(NOON, name="Buy", anonymous_id="phone"),
            event(NOON, name="Buy", user_id="bob"),
            event(NOON, kind="page", anonymous_id="eve"),
        ],
    )
    return project


def answer(project, filters=(), *, breakdown=(), now=LATER):
    spec = {
        "kind": "trends",
        "period": DAY,
        "series": [{"aggregation": "unique"}],
        "filters": filters,
        "breakdown": breakdown,
    }
    return run_query(project=project, spec=parse_spec(spec), now=now)


def people(project, *filters):
    return answer(project, filters).result.lines[0].total


@pytest.mark.usefixtures("engine")
def test_a_cohort_filters_and_breaks_down_and_is_named_with_its_age(shop):
    twice = computed(shop, "Twice", {**BOUGHT, "at_least": 2})

    found = answer(shop, [is_in(twice)])
    lines = answer(shop, breakdown=[f"cohort.{twice.pk}"]).result.lines

    assert (who(twice), twice.size, twice.as_of) == (["ada"], 1, LATER)
    assert found.result.lines[0].total == 1
    assert people(shop, is_in(twice, operator="not_in_cohort")) == 2
    assert {line.group: line.total for line in lines} == {("in",): 1, ("not in",): 2}
    (used,) = found.provenance.cohorts
    assert (used.id, used.name, used.size, used.as_of) == (twice.pk, "Twice", 1, LATER)


def test_an_answer_that_is_kept_ends_with_the_membership(shop):
    cohort = computed(shop, "Buyers", BOUGHT)
    before = people(shop, is_in(cohort))
    kept = answer(shop, [is_in(cohort)]).provenance.cached

    changed(cohort, {**BOUGHT, "exactly": 1})
    compute(cohort)

    assert (before, kept) == (2, True)
    assert answer(shop, [is_in(cohort)]).provenance.cached is False
    assert people(shop, is_in(cohort)) == 1


def test_the_same_members_are_the_same_membership(shop):
    cohort = computed(shop, "Buyers", BOUGHT)
    membership = cohort.membership

    store(shop, [event(NOON, name="Buy", user_id="bob")])
    compute(cohort, now=LATER + HOUR)

    assert (cohort.membership, cohort.as_of, cohort.rows_read) == (membership, LATER + HOUR, 12)


def test_what_did_not_change_is_not_read_again(shop, monkeypatch):
    cohort = computed(shop, "Buyers", BOUGHT)
    monkeypatch.setattr("analytics.queries.cohort_computing._Reader", None)

    compute(cohort, now=LATER + HOUR)

    assert (cohort.state, cohort.as_of, who(cohort)) == ("ready", LATER + HOUR, ["ada", "bob"])


def test_a_period_that_moves_on_is_read_again(shop):
    cohort = computed(shop, "Lately", {"done": "Buy", "period": {"last": "7d"}}, now=NOON)
    before = who(cohort)

    compute(cohort, now=LATER)

    assert (before, who(cohort)) == (["ada", "bob"], [])


def test_it_is_computed_each_hour_and_when_somebody_asks(shop):
    cohort = computed(shop, "Buyers", BOUGHT)

    assert cohort_work.compute_due(now=LATER + HOUR - timedelta(seconds=1)) == 0
    assert cohort_work.compute_due(now=LATER + HOUR) == 1
    cohorts.request(cohort=cohort)
    cohort.refresh_from_db()
    assert (cohort.state, people(shop, is_in(cohort))) == ("waiting", 2)
    assert cohort_work.compute_due() == 1


def test_beat_wakes_whoever_computes(shop, settings):
    cohort = made(shop, "Buyers", BOUGHT)
    task = settings.CELERY_BEAT_SCHEDULE["compute-cohorts"]["task"]

    assert task == tasks.compute_cohorts.name
    tasks.compute_cohorts()

    cohort.refresh_from_db()
    assert (cohort.state, who(cohort)) == ("ready", ["ada", "bob"])


def test_an_event_may_be_called_as_a_cohort_is(shop):
    spec = parse_spec(
        {"kind": "trends", "period": DAY, "series": [{"event": "cohort.999", "label": "cohort.998"}]}
    )
    assert run_query(project=shop, spec=spec).result.lines[0].total == 0


def test_cohorts_are_computed_before_those_that_are_built_from_them(shop):
    buyers = made(shop, "Buyers", BOUGHT)
    others = made(shop, "Others", {"not": is_in(buyers)})
    both = made(shop, "Both", {"any": [is_in(others), {**BOUGHT, "filters": [is_in(buyers)], "at_least": 2}]})
    Cohort.objects.filter(pk=buyers.pk).update(due_at=timezone.now() + HOUR)

    cohort_work.compute_due(now=LATER)

    assert [who(one) for one in (buyers, others, both)] == [["ada", "bob"], ["eve"], ["ada", "eve"]]
    changed(buyers, PRO)
    cohort_work.compute_due(now=LATER)
    assert [who(one) for one in (buyers, others, both)] == [["ada"], ["bob", "eve"], ["ada", "bob", "eve"]]


def test_nobody_asks_for_a_cohort_that_was_never_computed(shop):
    cohort = made(shop, "Buyers", BOUGHT)

    with pytest.raises(NotReady) as refused:
        answer(shop, [is_in(cohort)])

    assert [item.field for item in refused.value.fields] == ["filters.0.values"]
    assert refused.value.retry_after


def test_nor_for_one_that_was_changed_since(shop):
    cohort = computed(shop, "Buyers", BOUGHT)
    answer(shop, [is_in(cohort)])

    changed(cohort, PRO)

    with pytest.raises(NotReady):
        answer(shop, [is_in(cohort)])


def test_another_name_leaves_the_members(shop):
    cohort = computed(shop, "Buyers", BOUGHT)

    renamed = cohorts.change(cohort=cohort, actor=Actor(), content=Content(name="Customers", conditions=[BOUGHT]))

    assert (renamed.state, renamed.version) == ("ready", 1)
    assert answer(shop, [is_in(cohort)]).provenance.cohorts[0].name == "Customers"


@pytest.mark.usefixtures("engine")
def test_a_list_finds_people_by_any_id_and_reports_the_unknown(shop):
    cohort = computed(shop, "List", people=[" phone ", "ada", "nobody", "", "eve", "nobody"])

    assert (who(cohort), cohort.people) == (["ada", "eve"], ["phone", "ada", "nobody", "eve"])
    assert (cohort.unknown, cohort.unknown_people) == (1, ["nobody"])


def test_whoever_becomes_another_is_that_one_with_the_next_computing(shop):
    cohort = computed(shop, "Lookers", {"done": "page", "period": DAY})

    store(shop, [event(NOON, kind="alias", previous_id="eve", user_id="bob")])
    compute(cohort, now=LATER + HOUR)

    assert who(cohort) == ["bob"]


def test_circles_are_refused_at_the_field_that_closes_them(shop):
    first = made(shop, "First", BOUGHT)
    second = made(shop, "Second", is_in(first))
    third = made(shop, "Third", {"all": [{**BOUGHT, "filters": [is_in(second)]}]})

    with pytest.raises(Invalid) as closed:
        changed(first, PRO, {"any": [is_in(third)]})
    with pytest.raises(Invalid) as itself:
        changed(first, is_in(first))

    assert [item.field for item in closed.value.fields] == ["conditions.1.any.0.values"]
    assert "circle" in closed.value.fields[0].message
    assert [item.field for item in itself.value.fields] == ["conditions.0.values"]


def test_what_is_used_is_not_deleted_and_says_by_which(shop):
    buyers = made(shop, "Buyers", BOUGHT)
    built = made(shop, "Others", {"not": is_in(buyers)})
    spec = {"kind": "overview", "period": DAY, "filters": [is_in(buyers)]}
    insight = factories.InsightFactory.create(project=shop, name="Visitors", spec=spec)
    factories.InsightFactory.create(project=shop, spec={**spec, "filters": [is_in(built)]}, deleted_at=NOON)

    with pytest.raises(Conflict) as refused:
        cohorts.delete(cohort=buyers, actor=Actor())
    cohorts.delete(cohort=built, actor=Actor())
    insight.delete()
    cohorts.delete(cohort=buyers, actor=Actor())

    assert "the cohort “Others”, the insight “Visitors”" in refused.value.message
    assert not Cohort.objects.exists()


def test_whoever_died_while_computing_is_followed_by_another(shop):
    cohort = made(shop, "Buyers", BOUGHT)
    dead = leased()

    assert cohort_work.compute_due(now=LATER + timedelta(minutes=1)) == 0
    compute(cohort, now=LATER + cohort_work.LEASE + timedelta(seconds=1))

    assert (dead.pk, cohort.state, who(cohort)) == (cohort.pk, "ready", ["ada", "bob"])
    with pytest.raises(cohort_work._LeaseLost):
        cohort_work._keep(dead, cohort_work._computed(dead, LATER), LATER, set())


def test_what_kills_its_worker_again_and_again_fails(shop):
    cohort = made(shop, "Deadly", BOUGHT)
    moment = LATER
    for _ in range(cohort_work.MOST_ATTEMPTS):
        assert cohort_work._lease(moment)
        moment += cohort_work.LEASE + timedelta(seconds=1)

    assert cohort_work._lease(moment) is None

    cohort.refresh_from_db()
    assert (cohort.state, cohort.problem) == ("failed", cohort_work.STOPPED)
    compute(cohort, now=moment + HOUR)
    assert cohort.state == "ready"


def test_a_fault_of_ours_holds_up_no_other(shop, monkeypatch):
    def broken(*args, **kwargs):
        raise ValueError("A mistake.")

    cohort = made(shop, "Odd", BOUGHT)
    with monkeypatch.context() as patch:
        patch.setattr(cohort_work, "compute", broken)
        for _ in range(cohort_work.MOST_ATTEMPTS):
            with pytest.raises(ValueError, match="mistake"):
                cohort_work.compute_due(now=LATER)
    other = made(shop, "Buyers", BOUGHT)
    compute(other)
    cohort.refresh_from_db()

    assert (cohort.state, other.state) == ("failed", "ready")


def test_a_change_while_it_is_computed_counts(shop):
    cohort = made(shop, "Buyers", BOUGHT)
    held = leased()
    found = cohort_work._computed(held, LATER)

    changed(cohort, PRO)
    with pytest.raises(cohort_work._LeaseLost):
        cohort_work._keep(held, found, LATER, set())
    compute(cohort)

    assert who(cohort) == ["ada"]


def test_a_wish_while_it_is_computed_is_not_lost(shop):
    cohort = made(shop, "Buyers", BOUGHT)
    held = leased()
    found = cohort_work._computed(held, LATER)

    cohorts.request(cohort=cohort)
    cohort_work._keep(held, found, LATER, set())

    cohort.refresh_from_db()
    assert cohort.due_at < LATER


def test_one_is_computed_at_once_whosever_it_is(shop):
    made(shop, "First", BOUGHT)
    made(factories.ProjectFactory.create(), "Theirs", BOUGHT)

    held = [cohort_work._lease(LATER) for _ in range(2)]

    assert [one and one.name for one in held] == ["First", None]


@pytest.mark.usefixtures("engine")
def test_what_takes_too_long_fails_with_the_reason(shop, monkeypatch):
    monkeypatch.setattr(cohort_work, "SECONDS", 0.0)
    cohort = computed(shop, "Slow", BOUGHT)

    assert (cohort.state, "longer than" in cohort.problem) == ("failed", True)
    with pytest.raises(NotReady, match="could not be computed"):
        answer(shop, [is_in(cohort)])


def test_a_store_that_fails_is_tried_again_in_a_minute(shop, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("The disk is gone.")

    cohort = computed(shop, "Buyers", BOUGHT)
    store(shop, [event(NOON, name="Buy", user_id="eve2")])
    with monkeypatch.context() as patch:
        patch.setattr(cohort_work, "compute", broken)
        compute(cohort, now=LATER + HOUR)
    failed = cohort.state, cohort.problem, people(shop, is_in(cohort))
    compute(cohort, now=LATER + HOUR + cohort_work.AGAIN)

    assert failed == ("failed", cohort_work.FAULT, 2)
    assert (cohort.state, cohort.problem, cohort.size) == ("ready", "", 3)


def test_a_plan_bounds_what_is_read(shop):
    shop.organization.plan = factories.PlanFactory.create(query_rows=3)
    shop.organization.save()

    cohort = computed(shop, "Buyers", BOUGHT)

    assert (cohort.state, "the plan" in cohort.problem) == ("failed", True)


@pytest.mark.usefixtures("engine")
def test_events_that_the_plan_does_not_keep_count_for_nobody(shop):
    shop.organization.plan = factories.PlanFactory.create(retention_months=1)
    shop.organization.save()
    store(shop, [event(LATER, name="Buy", user_id="zoe")])
    period = {"from": "2026-11-01", "to": "2026-12-31"}

    bought = computed(shop, "Buyers", {"done": "Buy", "period": period}, now=LATER + timedelta(days=5))
    everybody = computed(shop, "All", {"not": {"done": "nothing", "period": period}}, now=LATER + timedelta(5))

    assert (who(bought), who(everybody)) == (["zoe"], ["zoe"])


@pytest.mark.usefixtures("engine")
def test_who_is_erased_is_out_of_cohorts_and_lists_at_once(shop):
    buyers = computed(shop, "Buyers", BOUGHT)
    listed = computed(shop, "List", people=["phone", "bob", "nobody", "lost"])
    before = people(shop, is_in(buyers))

    erasures.request(project=shop, actor=Actor(), person="phone")
    erasures.request(project=shop, actor=Actor(), person="lost")

    for cohort in (buyers, listed):
        cohort.refresh_from_db()
    assert (who(buyers), buyers.size, who(listed), listed.size) == (["bob"], 1, ["bob"], 1)
    assert (listed.people, listed.unknown_people) == (["bob", "nobody"], ["nobody"])
    assert (before, people(shop, is_in(buyers))) == (2, 1)
    compute(buyers, now=LATER + HOUR)
    assert who(buyers) == ["bob"]


def test_an_export_of_a_person_names_their_cohorts(shop):
    computed(shop, "Buyers", BOUGHT)
    computed(shop, "Lookers", {"done": "page", "period": DAY})
    computed(shop, "List", people=["phone"])

    with zipfile.ZipFile(io.BytesIO(person.export(project=shop, identifier="ada"))) as archive:
        facts = json.loads(archive.read("person.json"))

    assert facts["cohorts"] == ["Buyers", "List"]


def test_who_is_erased_while_a_cohort_is_computed_is_not_in_it(shop):
    cohort = made(shop, "Buyers", BOUGHT)
    held = leased()
    erased = cohort_work._being_erased(shop.pk)
    found = cohort_work._computed(held, LATER)

    erasures.request(project=shop, actor=Actor(), person="ada")
    cohort_work._keep(held, found, LATER, erased)

    assert who(cohort) == ["bob"]


def test_members_are_shown_page_by_page_over_all_parts(shop, monkeypatch):
    monkeypatch.setattr(cohort_members, "PART", 3)
    names = [f"p{number}" for number in range(10)]
    store(shop, [event(NOON, name="Look", user_id=name) for name in names])
    cohort = computed(shop, "Lookers", {"done": "Look", "period": DAY})

    seen, after = [], ""
    for _ in range(3):
        page = queries.members(cohort, after=after, limit=4)
        seen += [member.person for member in page.members]
        after = page.next

    assert CohortPart.objects.filter(cohort=cohort).count() == 4
    assert (sorted(seen), after) == (names, "")
    assert queries.member(cohort, "p7").members[0].person == "p7"
    assert queries.member(cohort, "nobody").members == ()
    erasures.request(project=shop, actor=Actor(), person="p7")
    cohort.refresh_from_db()
    assert (cohort.size, "p7" in who(cohort)) == (9, False)
    assert people(shop, is_in(cohort)) == 9


def test_members_have_their_traits_of_now(shop):
    cohort = computed(shop, "Buyers", PRO)

    assert queries.members(cohort).members == (queries.Member("ada", {"plan": "pro"}),)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"people": ["ada"]}, "analytics_cohort_conditions_or_list"),
        ({"conditions": None}, "analytics_cohort_conditions_or_list"),
        ({"name": ""}, "analytics_cohort_has_a_name"),
        ({"name": "bUYERS"}, "analytics_cohort_name_once"),
        ({"state": "ready"}, "analytics_cohort_ready_as_of"),
        ({"state": "failed"}, "analytics_cohort_failed_says_why"),
    ],
)
def test_the_database_says_no_first(shop, values, constraint):
    factories.CohortFactory.create(project=shop, name="Buyers")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        factories.CohortFactory.create(project=shop, **values)
