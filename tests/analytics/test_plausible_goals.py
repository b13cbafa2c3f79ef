"""Plausible's stats query about goals: conversion rates and revenue, by numbers that a hand can check."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from accounts.permissions import Scope
from analytics.services import sealing
from tests import factories
from tests.analytics.events import NOON, event, store
from tests.analytics.test_plausible_stats import DAY, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine")]
RATES = ["visitors", "conversion_rate", "group_conversion_rate"]
MONEY = ["total_revenue", "average_revenue"]


def euros(value, short, long):
    return {"value": value, "currency": "EUR", "short": short, "long": long}


def goal(*names):
    return [["is", "event:goal", list(names)]]


def someone(name, source) -> dict[str, Any]:
    return {"anonymous_id": name, "source": source}


def paid(amount, currency="EUR", **more):
    return {"revenue": amount, "currency": currency, **more}


@pytest.fixture
def ask(client, project, organization):
    factories.SecretKeyFactory.create(organization=organization, text="pls_stats", scopes=[Scope.QUERY])

    def ask(**query):
        body = {"site_id": project.slug, "metrics": ["visitors"], "date_range": DAY, **query}
        headers = {"Authorization": "Bearer pls_stats"}
        return client.post("/api/v2/query", body, content_type="application/json", headers=headers)

    return ask


@pytest.fixture
def shop(project):
    """Ann, Cem and Dan came from Google, Bob from Twitter; Ann and Cem bought, Bob signed up, Dan saw a film."""
    ann, cem, dan = (someone(name, "Google") for name in "acd")
    bob = someone("b", "Twitter")
    at = iter(NOON + timedelta(minutes=minute) for minute in range(100))
    store(
        project,
        [
            event(next(at), kind="page", path="/", **ann),
            event(next(at), kind="page", path="/pricing", **ann),
            event(next(at), name="Purchase", path="/pricing", properties=paid(20, plan="pro"), **ann),
            event(next(at), kind="page", path="/", **bob),
            event(next(at), name="Signup", path="/", **bob),
            event(next(at), kind="page", path="/", **cem),
            event(next(at), name="Purchase", path="/", properties=paid(10.5, plan="basic"), **cem),
            event(next(at), name="Purchase", path="/", properties=paid(0, plan="pro"), **cem),
            event(next(at), kind="page", path="/blog/one", **dan),
            event(
                next(at), kind="passive", name="Film", path="/blog/one", properties={"interactive": False}, **dan
            ),
            event(next(at), kind="passive", name="engagement", path="/blog/one", **dan),
        ],
    )
    return project


def test_the_rate_of_a_goal_is_of_all_visitors(ask, shop):
    metrics = ["visitors", "events", "conversion_rate", "group_conversion_rate"]

    assert rows(ask(metrics=metrics, filters=goal("Purchase"))) == [((), [2, 3, 50.0, 50.0])]
    assert rows(ask(metrics=metrics, filters=goal("Signup", "Film"))) == [((), [2, 2, 50.0, 50.0])]
    assert rows(ask(metrics=metrics, filters=goal("Nothing"))) == [((), [0, 0, 0.0, 0.0])]


def test_a_group_s_rate_is_of_the_group_s_visitors(ask, shop):
    asked = {"metrics": RATES, "filters": goal("Purchase"), "dimensions": ["visit:source"]}

    assert rows(ask(**asked)) == [(("Google",), [2, 50.0, 66.67])]


def test_filters_other_than_of_the_goal_are_of_all_visitors_too(ask, shop):
    google = ["is", "visit:source", ["Google"]]
    pro = ["is", "event:props:plan", ["pro"]]

    assert rows(ask(metrics=RATES, filters=[*goal("Purchase"), google])) == [((), [2, 66.67, 66.67])]
    # A property is the goal's event's: the visitors at large do not have it.
    assert rows(ask(metrics=RATES, filters=[*goal("Purchase"), ["is", "event:props:plan", ["basic"]]])) == [
        ((), [1, 25.0, 25.0])
    ]
    by_plan = rows(ask(metrics=RATES, filters=goal("Purchase"), dimensions=["event:props:plan"]))
    assert by_plan == [(("pro",), [2, 50.0, 50.0]), (("basic",), [1, 25.0, 25.0])]
    assert rows(ask(metrics=["events"], filters=[["and", [*goal("Purchase"), pro]]])) == [((), [2])]


def test_goals_side_by_side(ask, shop):
    asked = {"metrics": [*RATES, "events", "percentage"], "dimensions": ["event:goal"]}

    assert rows(ask(**asked, order_by=[["visitors", "desc"], ["event:goal", "asc"]])) == [
        (("Purchase",), [2, 50.0, 50.0, 3, 50.0]),
        (("Film",), [1, 25.0, 25.0, 1, 25.0]),
        (("Signup",), [1, 25.0, 25.0, 1, 25.0]),
    ]


def test_pages_are_goals_by_what_plausible_calls_them(ask, shop):
    asked = {
        "metrics": [*RATES, "events", "pageviews", "percentage"],
        "filters": goal("Visit /pricing", "Visit /blog*", "Signup"),
        "dimensions": ["event:goal"],
        "order_by": [["event:goal", "asc"]],
        "include": {"total_rows": True},
    }
    answer = ask(**asked)

    assert rows(answer) == [
        (("Signup",), [1, 25.0, 25.0, 1, 0, 33.3]),
        (("Visit /blog*",), [1, 25.0, 25.0, 1, 1, 33.3]),
        (("Visit /pricing",), [1, 25.0, 25.0, 1, 1, 33.3]),
    ]
    assert answer.json()["meta"] == {"total_rows": 3}
    assert rows(ask(metrics=["visitors", "events"], filters=goal("Visit /"))) == [((), [3, 3])]
    assert rows(ask(metrics=["visitors"], filters=[["contains", "event:goal", ["urch", "ilm"]]])) == [((), [3])]


def test_goals_by_another_dimension(ask, shop):
    asked = {
        "metrics": ["events", "group_conversion_rate"],
        "filters": goal("Visit /", "Purchase"),
        "dimensions": ["visit:source", "event:goal"],
        "order_by": [["visit:source", "asc"], ["event:goal", "asc"]],
    }

    assert rows(ask(**asked)) == [
        (("Google", "Purchase"), [3, 66.67]),
        (("Google", "Visit /"), [2, 66.67]),
        (("Twitter", "Visit /"), [1, 100.0]),
    ]


def test_rates_over_time_are_of_all_days_or_of_each(ask, shop):
    store(shop, [event(NOON - timedelta(days=1), anonymous_id="e", kind="page", path="/")])
    store(shop, [event(NOON - timedelta(days=1), anonymous_id="e", name="Purchase", properties=paid(4))])
    asked = {"date_range": ["2026-11-18", "2026-11-20"], "dimensions": ["time:day"], "filters": goal("Purchase")}

    assert rows(ask(metrics=[*RATES, "events", "total_revenue"], **asked)) == [
        (("2026-11-19",), [1, 20.0, 100.0, 1, euros(4.0, "€4.0", "€4.00")]),
        (("2026-11-20",), [2, 40.0, 50.0, 3, euros(30.5, "€30.5", "€30.50")]),
    ]


def test_revenue_of_a_goal(ask, shop):
    answer = ask(metrics=MONEY, filters=goal("Purchase"))

    # 20 + 10.50 + 0, of three.
    assert rows(answer) == [((), [euros(30.5, "€30.5", "€30.50"), euros(10.167, "€10.2", "€10.17")])]
    assert answer.json()["meta"] == {}


def test_revenue_by_goal_is_null_where_a_goal_has_none(ask, shop):
    answer = ask(metrics=["total_revenue"], dimensions=["event:goal"])

    assert rows(answer) == [
        (("Purchase",), [euros(30.5, "€30.5", "€30.50")]),
        (("Film",), [None]),
        (("Signup",), [None]),
    ]
    assert answer.json()["meta"] == {}
    pages = ask(metrics=MONEY, filters=goal("Visit /", "Purchase"), dimensions=["event:goal"])
    assert [row[1][0] and row[1][0]["value"] for row in rows(pages)] == [30.5, None]


def test_groups_without_an_amount_have_zero_of_the_goals_currency(ask, shop):
    asked = {"filters": goal("Purchase", "Signup"), "dimensions": ["visit:source"]}

    assert rows(ask(metrics=["visitors", "total_revenue"], **asked)) == [
        (("Google",), [2, euros(30.5, "€30.5", "€30.50")]),
        (("Twitter",), [1, euros(0.0, "€0.0", "€0.00")]),
    ]


def test_currencies_are_never_added_up(ask, shop):
    store(shop, [event(NOON, anonymous_id="b", name="Order", properties=paid(2_500_000, "USD"))])
    asked = {"metrics": ["total_revenue"], "filters": goal("Purchase", "Order")}

    mixed = ask(**asked)
    by_goal = ask(**asked, dimensions=["event:goal"])

    assert rows(mixed) == [((), [None])]
    assert mixed.json()["meta"]["metric_warnings"]["total_revenue"]["code"] == "no_single_revenue_currency"
    dollars = {"value": 2_500_000.0, "currency": "USD", "short": "$2.5M", "long": "$2,500,000.00"}
    assert rows(by_goal) == [(("Order",), [dollars]), (("Purchase",), [euros(30.5, "€30.5", "€30.50")])]
    assert by_goal.json()["meta"] == {}


@pytest.mark.parametrize("query", [{}, {"filters": goal("Signup")}, {"filters": goal("Visit /")}])
def test_revenue_is_null_where_no_goal_brings_any(ask, shop, query):
    answer = ask(metrics=MONEY, **query)

    assert rows(answer) == [((), [None, None])]
    warnings = answer.json()["meta"]["metric_warnings"]
    assert {name: warning["code"] for name, warning in warnings.items()} == dict.fromkeys(
        MONEY, "no_revenue_goals_matching"
    )


def test_an_amount_without_a_currency_is_none_of_them(ask, project):
    store(project, [event(name="Purchase", anonymous_id="a", properties={"revenue": 5})])

    answer = ask(metrics=["total_revenue"], filters=goal("Purchase"))

    assert rows(answer) == [((), [None])]
    assert "no_single_revenue_currency" in str(answer.json()["meta"])


def test_time_and_another_dimension(ask, shop):
    asked = {"metrics": ["visitors", "events"], "dimensions": ["event:props:plan", "time:day"]}
    by_goal = {"dimensions": ["time:day", "event:goal"], "filters": goal("Visit /", "Purchase")}

    assert rows(ask(**asked, include={"time_labels": True})) == [
        (("basic", "2026-11-20"), [1, 1]),
        (("pro", "2026-11-20"), [2, 2]),
    ]
    assert rows(ask(metrics=["pageviews", "visits"], dimensions=["time:day", "visit:source"])) == [
        (("2026-11-20", "Google"), [4, 3]),
        (("2026-11-20", "Twitter"), [1, 1]),
    ]
    assert rows(ask(metrics=["events"], **by_goal)) == [
        (("2026-11-20", "Purchase"), [3]),
        (("2026-11-20", "Visit /"), [3]),
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"metrics": ["conversion_rate"]}, "'conversion_rate' needs a filter on event:goal"),
        ({"filters": [["is_not", "event:goal", ["Signup"]]]}, "'is_not' is not supported on event:goal"),
        ({"filters": [["not", goal("Signup")[0]]]}, "only be filtered at the top level"),
        ({"filters": [["or", goal("Signup")]]}, "only be filtered at the top level"),
        ({"filters": [*goal("Signup"), *goal("Purchase")]}, "Filter by event:goal once"),
        ({"filters": goal()}, "Name the goals"),
        (
            {"metrics": RATES, "filters": [*goal("a"), ["or", [["is", "event:props:x", ["y"]]]]]},
            "at the top level of filters only",
        ),
        (
            {"metrics": MONEY, "filters": goal("a"), "dimensions": ["visit:source", "event:page"]},
            "'average_revenue' goes with one dimension",
        ),
        ({"metrics": RATES, "dimensions": ["time:day", "event:goal"]}, "not supported with time and another"),
        ({"metrics": ["bounce_rate"], "dimensions": ["event:goal"]}, "cannot be mixed with event dimensions"),
    ],
)
def test_what_cannot_be_said_of_goals_is_refused(ask, query, said):
    answer = ask(**query)

    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_what_plausible_s_script_sends_is_what_its_reader_gets(ask, client, project):
    factories.SiteFactory.create(project=project, name="shop.test")

    def send(agent, name, **fields):
        body = {"name": name, "domain": "shop.test", "url": "https://shop.test/buy", **fields}
        headers = {"User-Agent": f"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/{agent}.0"}
        assert client.post("/api/event", body, content_type="application/json", headers=headers).status_code == 202

    send(128, "pageview")
    send(128, "Purchase", revenue={"currency": "EUR", "amount": "1290.20"}, interactive=False)
    send(129, "pageview")
    sealing.seal_all()
    metrics = ["visitors", "events", "conversion_rate", "total_revenue"]

    answer = ask(
        metrics=metrics, date_range="day", dimensions=["event:goal"], filters=goal("Visit /buy", "Purchase")
    )

    assert rows(answer) == [
        (("Visit /buy",), [2, 2, 100.0, None]),
        (("Purchase",), [1, 1, 50.0, euros(1290.2, "€1.3K", "€1,290.20")]),
    ]


SOURCES = ["Google", "Twitter", "Mastodon"]


def drawn(random):
    """Some days of somebody's life on a site, as plain facts: who, from where, what, for how much."""
    people = {f"p{number}": random.choice(SOURCES) for number in range(12)}
    return [
        (who, people[who], random.choice(["page", "Purchase", "Signup"]), random.choice([None, 1.25, 3, 10]))
        for who in random.choices(list(people), k=60)
    ]


def of_fact(place, fact):
    who, source, what, amount = fact
    at = NOON + timedelta(seconds=place)
    if what == "page":
        return event(at, kind="page", path="/", anonymous_id=who, source=source)
    properties = paid(amount) if what == "Purchase" and amount is not None else {}
    return event(at, name=what, anonymous_id=who, source=source, properties=properties)


@pytest.mark.parametrize("seed", range(4))
def test_plain_counting_gives_the_same(ask, project, seed):
    facts = drawn(Random(seed))
    store(project, [of_fact(place, fact) for place, fact in enumerate(facts)])
    everybody = {who for who, *_ in facts}

    def expected(source, what):
        bought = [fact for fact in facts if fact[2] == what and fact[1] in (source or SOURCES)]
        people = {who for who, *_ in bought}
        there = {who for who, of, *_ in facts if of in (source or SOURCES)}
        amounts = [amount for *_, amount in bought if amount is not None]
        rates = [round(len(people) / len(all_) * 100, 2) for all_ in (everybody, there)]
        return [len(people), *rates, len(bought), round(sum(amounts), 3), round(sum(amounts) / len(amounts), 3)]

    asked = {"metrics": [*RATES, "events", *MONEY], "filters": goal("Purchase")}
    found = rows(ask(**asked, dimensions=["visit:source"])) + rows(ask(**asked))

    plain = {
        dimensions: [*numbers[:4], *(money["value"] for money in numbers[4:])] for dimensions, numbers in found
    }
    assert plain == {
        (): expected(None, "Purchase"),
        **{
            (source,): expected([source], "Purchase")
            for source in {fact[1] for fact in facts if fact[2] == "Purchase"}
        },
    }
