"""Plausible's stats query: documented requests, and what they must get back."""

from datetime import date, timedelta

import pytest

from accounts.permissions import Scope
from analytics.plausible_stats.dates import days_of
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine")]
DAY = ["2026-11-20", "2026-11-20"]


@pytest.fixture
def ask(client, project, organization):
    factories.SecretKeyFactory.create(organization=organization, text="pls_stats", scopes=[Scope.QUERY])
    factories.SiteFactory.create(project=project, name="dummy.site")
    at = iter(NOON + timedelta(seconds=second) for second in range(100))
    store(
        project,
        [
            event(next(at), anonymous_id="a", kind="page", path="/", source="Google", country="DE"),
            event(next(at), anonymous_id="a", kind="page", path="/pricing", source="Google", country="DE"),
            event(next(at), anonymous_id="a", name="Signup", path="/pricing", properties={"plan": "pro"}),
            event(next(at), anonymous_id="b", kind="page", path="/", source="Twitter", country="EE"),
            event(next(at), anonymous_id="c", kind="page", path="/", source="Google", country="DE"),
            event(next(at), anonymous_id="c", kind="passive", name="Engagement", path="/"),
        ],
    )

    def ask(key="pls_stats", **query):
        body = {"site_id": "dummy.site", "metrics": ["visitors"], "date_range": DAY, **query}
        headers = {"Authorization": f"Bearer {key}"}
        return client.post("/api/v2/query", body, content_type="application/json", headers=headers)

    return ask


def rows(answer):
    assert answer.status_code == 200, answer.json()
    return [(tuple(row["dimensions"]), row["metrics"]) for row in answer.json()["results"]]


def test_totals(ask):
    metrics = ["visitors", "visits", "pageviews", "events", "views_per_visit", "bounce_rate", "visit_duration"]
    answer = ask(metrics=metrics)

    assert rows(answer) == [((), [3, 3, 4, 5, 1.33, 67, 1])]
    assert answer.json()["meta"] == {}
    assert answer.json()["query"]["date_range"] == ["2026-11-20T00:00:00+00:00", "2026-11-20T23:59:59+00:00"]


def test_values_of_a_dimension_with_shares(ask):
    answer = ask(
        metrics=["visitors", "pageviews", "percentage"], dimensions=["visit:source"], include={"total_rows": True}
    )

    assert rows(answer) == [(("Google",), [2, 3, 66.7]), (("Twitter",), [1, 1, 33.3])]
    assert answer.json()["meta"] == {"total_rows": 2}


def test_what_visits_are_like_by_source(ask):
    answer = ask(
        metrics=["visits", "views_per_visit", "bounce_rate", "visit_duration"], dimensions=["visit:source"]
    )

    assert rows(answer) == [(("Google",), [2, 1.5, 50, 1]), (("Twitter",), [1, 1.0, 100, 0])]


def test_two_dimensions_in_an_order_and_a_page(ask):
    asked = {
        "dimensions": ["visit:country", "event:page"],
        "order_by": [["event:page", "desc"], ["visitors", "asc"]],
        "pagination": {"limit": 2, "offset": 1},
    }

    assert rows(ask(**asked)) == [(("EE", "/"), [1]), (("DE", "/"), [2])]


def test_goals_and_properties_of_goals(ask):
    assert rows(ask(metrics=["visitors", "events"], dimensions=["event:goal"])) == [(("Signup",), [1, 1])]
    of_goal = {"filters": [["is", "event:goal", ["Signup"]]], "dimensions": ["event:props:plan"]}
    assert rows(ask(metrics=["events"], **of_goal)) == [(("pro",), [1])]


def test_time_with_the_labels_of_all_days(ask):
    asked = {
        "date_range": ["2026-11-19", "2026-11-21"],
        "dimensions": ["time:day"],
        "include": {"time_labels": True},
    }
    answer = ask(metrics=["visitors", "events", "bounce_rate"], **asked)

    assert rows(answer) == [(("2026-11-20",), [3, 5, 67])]
    assert answer.json()["meta"]["time_labels"] == ["2026-11-19", "2026-11-20", "2026-11-21"]
    assert rows(ask(dimensions=["time:hour"])) == [(("2026-11-20T12:00:00Z",), [3])]


def test_entry_pages(ask):
    assert rows(ask(metrics=["visits"], dimensions=["visit:entry_page"])) == [(("/",), [3])]


@pytest.mark.parametrize(
    ("filters", "visitors"),
    [
        ([["is", "visit:country", ["DE", "PL"]]], 2),
        ([["not", ["is", "visit:country", ["DE"]]]], 1),
        ([["and", [["contains", "event:page", ["/pri"]], ["is_not", "visit:source", ["Twitter"]]]]], 1),
        ([["matches", "event:page", ["^/pric.*$"]]], 1),
        ([["contains_not", "visit:source", ["oog"]]], 1),
        ([["is", "visit:entry_page", ["/"]], ["is", "visit:exit_page", ["/pri*"]]], 1),
        ([["matches_not", "event:page", ["^/pric.*$"]]], 3),
        ([["is", "event:page", ["/pri*g"]]], 1),
        ([["is_not", "event:page", ["/", "/x*"]]], 1),
        ([["is", "visit:country", ["de"], {"case_sensitive": False}]], 2),
        ([["contains", "visit:source", ["GOO"], {"case_sensitive": False}]], 2),
        ([["contains", "visit:source", ["GOO"], {"case_sensitive": True}]], 0),
        ([["or", [["is", "visit:country", ["EE"]], ["contains", "event:page", ["/pri"]]]]], 2),
        ([["not", ["or", [["is", "visit:country", ["EE"]], ["is", "event:page", ["/"]]]]]], 1),
    ],
)
def test_filters(ask, filters, visitors):
    assert rows(ask(filters=filters)) == [((), [visitors])]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"metrics": ["scroll_depth"]}, "metric 'scroll_depth' is not supported"),
        ({"metrics": []}, "#/metrics"),
        ({"dimensions": ["visit:city"]}, "dimension 'visit:city' is not supported"),
        ({"dimensions": ["event:page"], "metrics": ["bounce_rate"]}, "'bounce_rate' cannot be mixed with event"),
        ({"filters": [["has_done", ["is", "event:goal", ["x"]]]]}, "'has_done' is not supported"),
        ({"filters": [["matches", "visit:country", ["de"], {"case_sensitive": False}]]}, "modifier"),
        ({"filters": [["or", []]]}, "Invalid filter"),
        ({"filters": [["not", "visit:country"]]}, "Invalid filter"),
        ({"filters": [["is", "segment", [1]]]}, "dimension 'segment' is not supported"),
        ({"dimensions": ["time:day", "time:hour"]}, "one dimension of time"),
        (
            {"filters": [["is", "visit:entry_page", ["/"]]], "dimensions": ["visit:source"]},
            "entry_path belongs to sessions",
        ),
        ({"dimensions": ["visit:exit_page"], "metrics": ["events"]}, "Entry and exit pages have the metrics"),
        ({"dimensions": ["time:minute"]}, "dimension 'time:minute' is not supported"),
        ({"filters": [["matches", "event:page", ["(?=a)"]]]}, "Not a regular expression"),
        ({"date_range": "fortnight"}, "Invalid date_range 'fortnight'"),
        ({"date_range": ["2026-11-20T12:00:00+02:00", "2026-11-20T15:00:00+02:00"]}, "times of day"),
        ({"order_by": [["visits", "desc"]]}, "Invalid order_by entry 'visits'"),
        ({"include": {"time_labels": True}}, "requires a time dimension"),
    ],
)
def test_what_cannot_be_said_is_refused_in_a_sentence(ask, query, said):
    answer = ask(**query)

    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_sites_of_others_and_unknown_keys_are_refused_alike(ask, project):
    theirs = factories.SiteFactory.create(name="theirs.site")

    assert rows(ask(site_id=project.slug)) == [((), [3])]
    for answer in (
        ask(site_id=theirs.name),
        ask(site_id=theirs.project.slug),
        ask(site_id="no\0site"),
        ask("pls_x"),
    ):
        assert answer.status_code == 401
        assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("day", date(2026, 11, 23), date(2026, 11, 23)),
        ("7d", date(2026, 11, 16), date(2026, 11, 22)),
        ("month", date(2026, 11, 1), date(2026, 11, 23)),
        ("6mo", date(2026, 5, 1), date(2026, 10, 31)),
        ("year", date(2026, 1, 1), date(2026, 11, 23)),
        ("all", date(2025, 3, 4), date(2026, 11, 23)),
    ],
)
def test_days_that_a_range_means(given, first, last):
    assert days_of(given, today=date(2026, 11, 23), first_day=date(2025, 3, 4)) == (first, last)
