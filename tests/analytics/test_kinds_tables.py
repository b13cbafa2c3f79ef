"""The answers of kinds as tables, from real events."""

from datetime import timedelta

import pytest

from analytics.kinds import KINDS, parse_spec
from analytics.queries.run import run_query
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
DAY = {"from": str(NOON.date()), "to": str(NOON.date())}
NOBODY = {"start": NOON - timedelta(hours=12), "end": NOON + timedelta(hours=12)}


@pytest.fixture
def table(project):
    """The rows of a question about a day with two orders and a view."""
    order = {"kind": "track", "name": "Order", "source": "Google"}
    store(
        project,
        [
            event(NOON, anonymous_id="a", **order, properties={"price": 19.99, "currency": "usd"}),
            event(NOON, anonymous_id="b", **order, properties={"price": -5, "currency": "USD"}),
            event(
                NOON - timedelta(minutes=5), anonymous_id="b", kind="page", name="page", path="/x", source="Direct"
            ),
        ],
    )

    def rows(kind, **own):
        spec = parse_spec({"kind": kind, "period": DAY, **own})
        make = KINDS[kind].table
        assert make is not None
        return list(make(run_query(project=project, spec=spec, now=NOON).result))

    return rows


def test_a_breakdown_has_its_values_the_others_and_the_total(table):
    columns = [{"aggregation": "total"}, {"aggregation": "total"}, {"aggregation": "unique", "label": "People"}]

    rows = table("breakdown", breakdown=["name"], columns=columns, limit=1, compare="previous")

    assert [(row["part"], row.get("group.0"), row["total (2)"], row["People"], row["share"]) for row in rows] == [
        ("group", "Order", 2, 2, pytest.approx(2 / 3)),
        ("other", None, 1, 1, pytest.approx(1 / 3)),
        ("total", None, 3, 2, 1),
    ]
    assert [(row["previous.People"], row["change.People"]) for row in rows] == [(0, None)] * 3


def test_lifecycle_has_a_row_an_interval(table):
    assert table("lifecycle", interval="day") == [
        {**NOBODY, "new": 2, "returning": 0, "resurrecting": 0, "dormant": 0}
    ]


def test_stickiness_has_a_row_a_number_of_intervals(table):
    assert table("stickiness", interval="day", compare="previous") == [
        {"intervals": 1, "exactly": 2, "at_least": 2, "previous.exactly": 0, "previous.at_least": 0}
    ]


def test_sessions_have_lines_and_buckets(table):
    rows = table("sessions", interval="day", breakdown=["source"], limit=1, compare="previous")

    assert [(row["part"], row.get("group.0"), row["sessions"], row["previous.sessions"]) for row in rows[:3]] == [
        ("whole", None, 2, 0),
        ("group", "Direct", 1, 0),
        ("other", None, 1, 0),
    ]
    assert sum(row["sessions"] for row in rows if row["part"] == "durations") == 2
    assert [(row["from"], row["to"], row["sessions"]) for row in rows if row["part"] == "depths"][:2] == [
        (0, 1, 1),
        (1, 2, 1),
    ]


def test_revenue_is_in_cents(table):
    (row,) = table("revenue", interval="day", events=["Order"], property="price", compare="previous")

    assert row["currency"] == "USD"
    assert (row["gross"], row["refunded"], row["net"], row["decimals"]) == (1999, 500, 1499, 2)
    assert (row["orders"], row["people"], row["per_person"], row["previous.net"]) == (1, 1, 1499, 0)
