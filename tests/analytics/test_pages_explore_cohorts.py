"""Explore with cohorts: offered, shown and named by their names."""

import pytest
from django.urls import reverse

from tests.analytics.cohorts import BOUGHT, computed, made
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
DAYS = "period.from=2026-11-20&period.to=2026-11-20"


@pytest.fixture
def shop(project):
    store(
        project,
        [event(NOON, name="Buy", user_id="ada"), event(NOON, kind="page", user_id="bob", source="Google")],
    )
    return project


@pytest.fixture
def ask(client, teammate, shop):
    client.force_login(teammate)

    def get(kind, query):
        return client.get(f"{reverse('explore_kind', args=['acme', 'shop', kind])}?{query}")

    return get


def test_a_filter_offers_cohorts_by_name_and_needs_no_field(ask, shop):
    cohort = computed(shop, "Buyers", BOUGHT)
    base = f"{DAYS}&series.0.aggregation=unique&filters.0.operator=in_cohort"

    empty = ask("trends", base)
    chosen = ask("trends", f"{base}&filters.0.field=path&filters.0.values.0={cohort.pk}")

    assert empty.status_code == 422
    assert f'<option value="{cohort.pk}">Buyers</option>' in empty.content.decode()
    assert f'<option value="{cohort.pk}" selected>Buyers</option>' in chosen.content.decode()
    assert "Cohort “Buyers”" in chosen.content.decode()
    assert chosen.context["blocks"][0].keys[0].total == "1"


@pytest.mark.parametrize(
    ("kind", "query", "names"),
    [
        ("trends", "series.0.aggregation=unique&breakdown.0={}", ["In Buyers", "Not in Buyers"]),
        ("trends", "series.0.aggregation=total&breakdown.0={}&breakdown.1=source", ["In Buyers / Direct"]),
        ("breakdown", "columns.0.aggregation=unique&breakdown.0={}", ["Cohort: Buyers", "In Buyers"]),
        ("sessions", "breakdown.0={}", ["In Buyers", "Not in Buyers"]),
        ("drivers", "compare=previous&dimensions.0={}", ["Cohort: Buyers", "Not in Buyers"]),
        ("funnel", "steps.0.event=Buy&steps.1.event=Buy&breakdown={}", ["In Buyers"]),
        ("retention", "start.event=Buy&returning.event=&interval=day&breakdown={}", ["In Buyers"]),
    ],
)
def test_a_breakdown_is_by_name(ask, shop, kind, query, names):
    cohort = computed(shop, "Buyers", BOUGHT)

    pages = [ask(kind, f"{DAYS}&{query.format(field)}") for field in ("Cohort: buyers", f"cohort.{cohort.pk}")]

    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200, page.context["errors"]
        assert [name for name in names if name not in text] == []
        assert 'value="Cohort: Buyers"' in text


def test_a_cohort_that_is_not_computed_yet_is_said_so(ask, shop):
    cohort = made(shop, "Buyers", BOUGHT)

    page = ask(
        "trends", f"{DAYS}&series.0.aggregation=total&filters.0.operator=in_cohort&filters.0.values.0={cohort.pk}"
    )

    assert (page.status_code, "being computed for the first time" in page.content.decode()) == (409, True)


def test_a_cohort_that_is_gone_is_shown_as_gone(ask, shop):
    page = ask("trends", f"{DAYS}&series.0.aggregation=total&filters.0.operator=in_cohort&filters.0.values.0=4242")

    assert "A cohort that is not there" in page.content.decode()
    assert "There is no such cohort." in page.content.decode()
