"""Retention by example: what the definition says in one case each, and a real shop's year."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from django.core.management import call_command

from analytics.kinds import parse_spec
from analytics.queries.run import run_query
from tests.analytics.events import NOON, event, store
from tests.analytics.real_data import NEEDED, ONLINE_RETAIL

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 12, 24, tzinfo=UTC)
ASKED = {
    "kind": "retention",
    "period": {"from": "2026-11-20", "to": "2026-11-21"},
    "interval": "day",
    "follow": 2,
    "start": {"event": "A"},
    "returning": {"event": "B"},
}


def ask(project, now=LATER, **options):
    return run_query(project=project, spec=parse_spec({**ASKED, **options}), now=now).result


def people(line) -> list[list[int]]:
    return [[cell.people for cell in cohort.cells] for cohort in line.cohorts]


def happened(project, **names_and_hours) -> None:
    """What people did, at hours after noon."""
    store(
        project,
        [
            event(NOON + timedelta(hours=hours), name=name, user_id=person)
            for person, done in names_and_hours.items()
            for name, hours in done
        ],
    )


@pytest.mark.usefixtures("engine")
def test_a_calendar_day_ends_at_midnight_and_a_rolling_one_after_24_hours(project) -> None:
    happened(project, ada=[("B", -1), ("A", 0), ("B", 13), ("B", 24)], bob=[("A", 0), ("B", 24)])

    assert people(ask(project).lines[0]) == [[0, 2, 0], [0, 0, 0]]
    assert people(ask(project, intervals="rolling").lines[0])[0] == [1, 2, 0]


@pytest.mark.usefixtures("engine")
def test_only_the_first_start_ever_counts_or_each(project) -> None:
    happened(project, ada=[("A", -48), ("A", 0), ("A", 24)], bob=[("A", 0), ("A", 24)])

    sizes = {
        kind: [cohort.size for cohort in ask(project, cohorts=kind).lines[0].cohorts]
        for kind in ("recurring", "first_time")
    }

    assert sizes == {"recurring": [2, 2], "first_time": [1, 0]}


def test_in_or_after_counts_whoever_came_later_too(project) -> None:
    happened(project, ada=[("A", 0), ("B", 48)], bob=[("A", 0), ("B", 1)])

    line = ask(project, returned="in_or_after").lines[0]

    assert people(line)[0] == [2, 1, 1]
    assert line.mean == (1.0, 0.5, 0.5)


def test_cells_that_are_not_over_are_left_out_of_means(project) -> None:
    happened(project, ada=[("A", 0), ("B", 24)], bob=[("A", 24)], cyd=[("A", 24), ("B", 48)])

    line = ask(project, now=NOON + timedelta(hours=48)).lines[0]

    assert people(line) == [[0, 1, 0], [0, 1]]
    assert [[cell.incomplete for cell in cohort.cells] for cohort in line.cohorts] == [
        [False, False, True],
        [False, True],
    ]
    assert line.mean == (0.0, 1.0, None)


def test_an_answer_is_another_once_a_cell_is_over(project) -> None:
    happened(project, ada=[("A", 0)])

    first, second = (ask(project, now=NOON + timedelta(hours=hours)).lines[0] for hours in (35, 37))

    assert (first.mean, second.mean) == ((0.0, None, None), (0.0, 0.0, None))


def test_the_people_of_a_cell_have_names(project) -> None:
    happened(project, ada=[("A", 0), ("B", 24)], bob=[("A", 0)])

    assert ask(project, people={"cohort": 0, "cell": 1}).people == ("ada",)
    assert ask(project, people={"cohort": 0, "cell": 1, "which": "lost"}).people == ("bob",)


@NEEDED
def test_the_months_of_a_real_shop_are_what_pandas_makes_of_them(project, tmp_path) -> None:
    lines = pd.read_csv(ONLINE_RETAIL, usecols=["InvoiceNo", "InvoiceDate", "CustomerID"], dtype=str)
    orders = lines[lines.CustomerID.notna() & ~lines.InvoiceNo.str.startswith("C")].drop_duplicates()
    orders.to_csv(tmp_path / "orders.csv", index=False)
    columns = ("time=InvoiceDate", "user_id=CustomerID", "message_id=InvoiceNo")
    mapping = [part for column in columns for part in ("--map", column)]
    call_command(
        "import_events", "shop", str(tmp_path / "orders.csv"), "--format", "csv", "--event", "Order", *mapping
    )

    found = ask(
        project,
        period={"from": "2010-12-01", "to": "2011-12-31"},
        interval="month",
        follow=12,
        start={"event": "Order"},
        returning={"event": "Order"},
        cohorts="first_time",
    )

    month = pd.to_datetime(orders.InvoiceDate).dt.to_period("M")
    first = month.groupby(orders.CustomerID).transform("min")
    cells = (month - first).map(lambda months: months.n)
    table = orders.groupby([first, cells]).CustomerID.nunique().unstack(fill_value=0)
    expected = table.reindex(columns=range(13), fill_value=0).to_numpy().tolist()
    assert people(found.lines[0]) == expected
    assert [cohort.size for cohort in found.lines[0].cohorts] == [row[0] for row in expected]
    assert expected[0][:3] == [885, 324, 286]
