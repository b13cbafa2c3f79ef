"""Files that are larger than memory should hold are merged by slices, each row once and in its place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from analytics.contracts import number_of
from analytics.people import People
from analytics.queries import storage
from analytics.services import compaction
from analytics.store import merge as merging
from analytics.store import row_groups, slices
from analytics.store.connection import cursor
from analytics.store.files import FORMING, summary_path, table_of, write
from analytics.store.merge import Input, merge, summarize
from tests.analytics.engines import LATER, rows_of
from tests.analytics.events import NOON, event, store

NAME = "00000000-0000-0000-0000-00000000000{}.parquet"
SORTED = "time::DATE, who, time, message_id"


@pytest.fixture
def small(monkeypatch) -> None:
    """So small that a hundred rows are many."""
    monkeypatch.setattr(slices, "SLICE_ROWS", 8)
    monkeypatch.setattr(slices, "_BATCH_ROWS", 16)
    monkeypatch.setattr(row_groups, "ROW_GROUP_ROWS", 16)


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.DATA_FOLDER = tmp_path
    (storage.folder() / "1").mkdir(parents=True)
    return storage.folder() / "1"


def written(folder: Path, number: int, events) -> Input:
    people = [one.anonymous_id for one in events]
    path = folder / NAME.format(number)
    return Input(
        path,
        write(table_of(events, People(people, [""] * len(events)), [{}] * len(events)), path).property_columns,
    )


def inputs(folder: Path) -> list[Input]:
    """120 events on three days, one of them before 1970, of 20 people; four files that have all of them."""
    starts = (NOON, NOON + timedelta(days=1), datetime(1969, 12, 31, 23, 59, tzinfo=UTC))
    events = [
        event(
            starts[n % 3] + timedelta(minutes=n // 6),
            kind=("page", "track", "identify")[n % 7 % 3],
            path=f"/{n % 5}",
            anonymous_id=f"visitor {n * 7 % 20}",
            browser=f"Browser {n % 4}",
        )
        for n in range(120)
    ]
    return [written(folder, number, events[number::4]) for number in range(4)]


def rows(path: Path, columns: str, order: str = "") -> list[tuple[object, ...]]:
    query = f"SELECT {columns} FROM read_parquet($path, file_row_number = true) {order}"
    return duckdb.execute(query, {"path": str(path)}).fetchall()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("links", [{}, {f"visitor {n}": "ada" for n in range(0, 20, 3)}])
def test_a_merged_file_has_every_row_in_the_order_of_segments(folder, links):
    target = folder / NAME.format(9)

    facts = merge(inputs(folder), links, target, storage.upkeep_limits())

    found = rows(target, "message_id", "ORDER BY file_row_number")
    assert facts.rows == len(set(found)) == 120
    assert found == rows(target, "message_id", f"ORDER BY {SORTED}")
    assert {who for (who,) in rows(target, "who")} == {
        number_of(links.get(name, name)) for name in (f"visitor {n}" for n in range(20))
    }


@pytest.mark.usefixtures("small")
def test_the_summary_of_slices_is_that_of_the_whole_file(folder):
    target = folder / NAME.format(9)
    merge(inputs(folder), {"visitor 1": "visitor 2"}, target, storage.upkeep_limits())
    by_slices = rows(summary_path(target), "* EXCLUDE (file_row_number)", "ORDER BY run")

    with cursor(storage.upkeep_limits()) as own:
        summarize(own, target)

    assert len(by_slices) > 40
    assert by_slices == rows(summary_path(target), "* EXCLUDE (file_row_number)", "ORDER BY run")


@pytest.mark.usefixtures("small")
def test_row_groups_are_full_and_nothing_else_stays(folder):
    target = folder / NAME.format(9)

    merge(inputs(folder), {}, target, storage.upkeep_limits())

    metadata = pq.read_metadata(target)
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [16] * 7 + [8]
    assert not list(folder.glob(f"*{FORMING}"))


@pytest.mark.usefixtures("small")
def test_what_lay_in_slices_is_gone_after_a_failure(folder, monkeypatch):
    def full(*_args: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(merging, "arrange", full)

    with pytest.raises(OSError, match="No space"):
        merge(inputs(folder), {}, folder / NAME.format(9), storage.upkeep_limits())

    assert not list(folder.glob(f"*{slices.SLICES}*"))


def test_a_days_events_of_one_person_stay_together(folder, monkeypatch):
    monkeypatch.setattr(slices, "SLICE_ROWS", 4)
    given = [written(folder, n, [event(NOON, anonymous_id="ada") for _ in range(10)]) for n in range(2)]
    target = folder / NAME.format(9)

    merge(given, {}, target, storage.upkeep_limits())

    assert rows(target, "count(*), count(DISTINCT run), max(place)") == [(20, 1, 19)]


@pytest.mark.django_db
def test_events_before_1970_are_not_lost_by_compaction(project):
    old = datetime(1969, 12, 31, 12, tzinfo=UTC)
    store(project, [event(old, message_id="a")])
    store(project, [event(old + timedelta(days=-2), message_id="b")])

    compaction.compact_project(project_id=project.pk, now=LATER)

    assert rows_of(project, "message_id") == [("b",), ("a",)]
