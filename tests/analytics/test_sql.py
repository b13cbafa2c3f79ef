"""SQL for analysts: what the views have, what a query may not do, and where it goes wrong."""

import io
import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import DeadlineExceeded, Invalid, QueryTooLarge, Unavailable
from analytics.models import Segment
from analytics.periods import Period
from analytics.queries import sql as sqls
from analytics.queries import storage
from analytics.queries.sql import run_sql
from analytics.services import compaction, erasures, spill
from analytics.store.sql import child, tables
from analytics.store.sql.guard import Refused, check, functions
from tests import factories
from tests.analytics.engines import LATER
from tests.analytics.events import NOON, event, store


def rows(project, sql, **options):
    return [tuple(row.values()) for row in run_sql(project=project, sql=sql, **options).table.to_pylist()]


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment as the views have it."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


def fault(project, sql):
    with pytest.raises(Invalid) as caught:
        run_sql(project=project, sql=sql)
    assert caught.value.fields[0].field == "sql"
    return caught.value


@pytest.fixture
def shop(db, project):
    """Somebody looks, buys, and says who they are in a later request; somebody else buys for free."""
    first = [
        event(NOON, kind="page", anonymous_id="a1", path="/", country="DE", message_id="look"),
        event(
            NOON + timedelta(minutes=5),
            name="Buy",
            anonymous_id="a1",
            properties={"price": 12.5, "Plan": "pro", "tags": ["x"]},
            message_id="pay",
        ),
        event(
            NOON + timedelta(hours=13),
            name="Buy",
            user_id="u2",
            properties={"price": "free"},
            message_id="free",
        ),
    ]
    store(project, first)
    known = event(
        NOON + timedelta(days=2), kind="identify", anonymous_id="a1", user_id="ü1", properties={"name": "Ünal"}
    )
    store(project, [known])
    return project


def test_events_have_people_properties_and_local_time(shop):
    shop.time_zone = "Asia/Kolkata"

    found = rows(
        shop,
        """
        SELECT message_id, person, "n:price", "t:price", "t:^plan", properties->>'$.tags[0]', local_time
        FROM events WHERE kind <> 'identify' ORDER BY time
        """,
    )

    assert found == [
        ("look", "ü1", None, None, None, None, at(2026, 11, 20, 17, 30)),
        ("pay", "ü1", 12.5, None, "pro", "x", at(2026, 11, 20, 17, 35)),
        ("free", "u2", None, "free", None, None, at(2026, 11, 21, 6, 30)),
    ]


def test_people_and_sessions_are_those_of_the_definitions(shop):
    people = rows(shop, "SELECT person, first_seen, events, traits->>'name' FROM people ORDER BY person")
    sessions = rows(
        shop, "SELECT person, duration, events, views, country, entry_path FROM Sessions ORDER BY started_at"
    )

    assert people == [
        ("u2", at(2026, 11, 21, 1), 1, None),
        ("ü1", at(2026, 11, 20, 12), 3, "Ünal"),
    ]
    assert sessions == [("ü1", 300.0, 2, 1, "DE", "/"), ("u2", 0.0, 1, 0, "", ""), ("ü1", 0.0, 1, 0, "", "")]


def test_a_period_is_one_of_the_project_s_days(shop):
    day = Period(from_=date(2026, 11, 21), to=date(2026, 11, 21))

    assert rows(shop, "SELECT message_id FROM events", period=day) == [("free",)]
    assert rows(shop, "SELECT person FROM people", period=day) == [("u2",)]


def test_who_was_erased_is_in_no_view_before_the_files_are_written_anew(shop, owner):
    erasures.request(project=shop, actor=Actor(user=owner), person="ü1")

    assert rows(shop, "SELECT DISTINCT person FROM events") == [("u2",)]
    assert rows(shop, "SELECT person, (SELECT count(*) FROM sessions) FROM people") == [("u2", 1)]


def test_nothing_stored_gives_nothing(project):
    asked = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM people), (SELECT count(*) FROM sessions)"

    assert rows(project, asked) == [(0, 0, 0)]


@pytest.mark.parametrize(
    ("sql", "line", "column", "message"),
    [
        ("SELECT 'é',\n  nothing FROM events", 2, 3, "nothing"),
        ("SELECT count(*) FRM events", 1, 21, "syntax error"),
        ("SELECT 1,\n\ngetenv('HOME')", 3, 1, "function getenv"),
        ("SELECT * FROM event", 1, 15, "no table event"),
        ("SELECT 'x'::INTEGER FROM range(2)", 1, 11, "Could not convert"),
    ],
)
def test_a_failed_query_says_where(shop, sql, line, column, message):
    error = fault(shop, sql)

    assert message in error.message
    assert (error.details["line"], error.details["column"]) == (line, column)
    text, caret = error.details["excerpt"].split("\n")
    assert text == sql.split("\n")[line - 1]
    assert caret == " " * (column - 1) + "^"


def test_rows_and_bytes_are_bounded(shop, monkeypatch):
    many = run_sql(project=shop, sql="SELECT i FROM range(1000000000000) t(i)")
    monkeypatch.setattr(sqls, "MOST_BYTES", 100_000)
    large = run_sql(project=shop, sql="SELECT repeat('x', 1000) FROM range(1000)")
    none = run_sql(project=shop, sql="SELECT repeat('x', 1000000)")

    assert (many.table.num_rows, many.truncated) == (10_000, True)
    assert (large.table.num_rows, large.truncated) == (0, True)
    assert (none.table.num_rows, none.truncated) == (0, True)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(length(repeat(i::VARCHAR, 100000000))) FROM range(100) t(i)",
        "SELECT list(i) FROM range(1000000000) t(i)",
    ],
)
def test_memory_is_bounded(shop, monkeypatch, sql):
    monkeypatch.setattr(settings, "SQL_MEGABYTES", 32)

    assert "more memory" in fault(shop, sql).message


def test_time_is_bounded(shop, monkeypatch):
    monkeypatch.setattr(settings, "QUERY_SECONDS", 1)

    with pytest.raises(DeadlineExceeded):
        run_sql(project=shop, sql="SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE hash(a) = 1")


def test_a_plan_may_bound_what_is_read(shop):
    shop.organization.plan = factories.PlanFactory.create(query_rows=2)
    shop.organization.save()

    with pytest.raises(QueryTooLarge):
        run_sql(project=shop, sql="SELECT 1")


def test_sql_is_closed_where_the_events_are_in_a_database(project, monkeypatch):
    monkeypatch.setattr(settings, "EVENT_STORE_URL", "clickhouse://127.0.0.1:1/default")

    with pytest.raises(Unavailable, match="read-only user"):
        run_sql(project=project, sql="SELECT 1")


@pytest.mark.parametrize("sql", ["", "  ", "SELECT 1" + " " * 20_000, "SELECT 1\0"])
def test_what_is_no_text_of_a_query_is_refused(project, sql):
    assert "Write a query" in fault(project, sql).message


@pytest.fixture
def other(shop):
    """A file and an erased person's id of another project, and of this one."""
    elsewhere = factories.ProjectFactory.create()
    store(elsewhere, [event(name="Secret", anonymous_id="theirs")])
    return storage.path_of(Segment.objects.get(project=elsewhere))


# {other} is another project's file, {own} one of this project's, {folder} where all of them lie.
HOSTILE = (Path(__file__).parent / "sql_hostile.txt").read_text().splitlines()


@pytest.fixture
def locked(shop, other):
    """What a query's process has, in this one."""
    files = [storage.path_of(item) for item in Segment.objects.filter(project=shop)]
    job = {"files": [str(path) for path in files], "memory": 64 << 20}
    view = f"CREATE VIEW events AS FROM read_parquet({job['files']!r}, union_by_name = true)"
    stored = pa.table({"a": [1]})
    own = child.prepared({**job, "views": [view]}, {"stored": stored, "overrides": stored, "erased": stored})
    names = {"other": other, "own": files[0], "folder": storage.folder()}
    yield own, names
    own.close()


def test_what_is_no_plain_query_over_the_views_is_refused(locked):
    own, names = locked
    through = []
    for line in HOSTILE:
        try:
            check(own, line.format_map(names))
        except Refused:
            continue
        through.append(line)

    assert len(HOSTILE) > 40
    assert through == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{other}'",
        "SELECT * FROM read_parquet('{other}')",
        "SELECT * FROM read_parquet('{folder}/*/*.parquet')",
        "SELECT * FROM glob('{folder}/**')",
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY (SELECT 1) TO '{folder}/x.csv'",
        "ATTACH '{folder}/x.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
    ],
)
def test_the_engine_refuses_by_itself_what_reaches_another_s_files(locked, sql):
    own, names = locked

    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
        own.execute(sql.format_map(names)).fetchall()


def test_another_s_rows_cannot_be_read_through_the_door(shop, other):
    for line in (f"SELECT * FROM '{other}'", f"SELECT * FROM read_parquet('{other}')"):
        assert "theirs" not in fault(shop, line).message
    assert rows(shop, "SELECT count(*) FROM events WHERE anonymous_id = 'theirs'") == [(0,)]


def test_what_a_killed_process_left_is_swept_and_a_query_s_room_is_not(shop):
    moment = timezone.now()
    with tables.room(storage.limits()) as own:
        (own / "traits.parquet").write_bytes(b"of somebody")
        left = own.parent / "sql-left"
        left.mkdir()
        (left / "traits.parquet").write_bytes(b"of somebody")
        os.utime(own, (moment.timestamp(), moment.timestamp()))
        os.utime(left, ((moment - timedelta(hours=2)).timestamp(),) * 2)

        assert spill.sweep(now=moment) == 1
        assert (own.exists(), left.exists()) == (True, False)
    assert spill.sweep(now=moment + timedelta(days=1)) == 0


GOOD = (Path(__file__).parent / "sql_harmless.txt").read_text().splitlines()


def test_plain_queries_are_let_through(locked):
    own, _ = locked

    for line in GOOD:
        check(own, line)


def test_a_query_nested_too_deeply_is_refused(shop):
    assert fault(shop, f"SELECT {'(' * 3000}1{')' * 3000}").message


def test_every_function_that_is_not_pure_is_known(locked):
    """A new DuckDB may bring functions; this says which have to be thought about."""
    own, _ = locked
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'macro'"
    macros = {name for (name,) in own.execute(query).fetchall()} & functions(own)
    pure = re.compile(
        r"(list|array|json|map|md5_number)_\w+|ago|assert_true|date_add|days_in_month|fdiv|fmod|if|json|nullif"
        r"|generate_subscripts|geo\w+|regexp_split_to_table|split_part|variant_group_array|w(eighted_)?avg"
    )

    assert [name for name in macros if not pure.fullmatch(name)] == []


def test_large_files_are_read_like_small_ones(shop):
    compaction.compact_project(project_id=shop.pk, now=LATER)

    assert rows(shop, 'SELECT count(*), sum("n:price") FROM events') == [(4, 12.5)]
    assert rows(shop, "SELECT count(*) FROM sessions") == [(3,)]


def test_the_door_answers_in_json_csv_and_parquet(shop, client, owner):
    client.force_login(owner)
    url = f"/api/v1/projects/{shop.pk}/sql/"
    body = {"sql": "SELECT 1 AS a, 2 AS a, 'é', sum(2), [1.5], now() - now()", "period": {"last": "30d"}}

    found = client.post(url, body, content_type="application/json")
    text = client.post(url, body, content_type="application/json", headers={"accept": "text/csv"})
    file = client.post(
        url, body, content_type="application/json", headers={"accept": "application/vnd.apache.parquet"}
    )

    answer = found.json()
    assert answer["rows"] == [[1, 2, "é", 2, [1.5], "P0M0DT0S"]]
    assert [column["type"] for column in answer["columns"]][:4] == ["INTEGER", "INTEGER", "VARCHAR", "HUGEINT"]
    assert (answer["truncated"], answer["rows_read"]) == (False, 4)
    assert text.content.decode().splitlines()[1].startswith("1,2,é,2,")
    assert pq.read_table(io.BytesIO(file.content)).column_names[:3] == ["a", "a_2", "'é'"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "sql"),
        ({"sql": 1}, "sql"),
        ({"sql": "x" * 20_001}, "sql"),
        ({"sql": "SELECT 1", "period": {"last": "never"}}, "period.last"),
        ({"sql": "SELECT 1", "more": 1}, "more"),
        ({"sql": "SELEC 1"}, "sql"),
    ],
)
def test_a_wrong_field_is_named(shop, client, owner, body, field):
    client.force_login(owner)

    answer = client.post(f"/api/v1/projects/{shop.pk}/sql/", body, content_type="application/json")

    assert answer.status_code == 400
    assert [item["field"] for item in answer.json()["error"]["fields"]] == [field]


def test_the_page_shows_rows_or_where_it_went_wrong(shop, client, owner):
    client.force_login(owner)
    url = f"/o/{shop.organization.slug}/p/{shop.slug}/sql/"

    empty = client.get(url).content.decode()
    rows_shown = client.get(
        url, {"q": "SELECT\r\nname FROM events WHERE name = 'Buy'", "period": ""}
    ).content.decode()
    wrong = client.get(url, {"q": "SELECT 1,\r\n  nothing"})

    assert url in client.get(url.replace("/sql/", "/explore/")).content.decode()
    assert "n:price" in empty
    assert "2 rows" in rows_shown
    assert wrong.status_code == 422
    assert 'data-line="2" data-column="3"' in wrong.content.decode()


def test_the_page_is_closed_where_the_events_are_in_a_database(shop, client, owner, monkeypatch):
    client.force_login(owner)
    monkeypatch.setattr(settings, "EVENT_STORE_URL", "clickhouse://127.0.0.1:1/default")

    page = client.get(f"/o/{shop.organization.slug}/p/{shop.slug}/sql/", {"q": "SELECT 1"}).content.decode()

    assert "SQL is closed" in page


def test_every_example_of_the_docs_runs(shop):
    store(shop, [event(NOON, name="Buy", properties={"plan": "pro", "price": 1}, anonymous_id="x")])
    examples = re.findall(r"```sql\n(.*?)```", (settings.ROOT / "docs" / "sql.md").read_text(), re.DOTALL)

    assert len(examples) == 5
    for example in examples:
        run_sql(project=shop, sql=example)


def test_the_docs_name_every_column(project):
    text = (settings.ROOT / "docs" / "sql.md").read_text()
    columns = {name for found in sqls.schema(project).values() for name, _ in found}

    assert [name for name in columns if f"`{name}`" not in text and not name.startswith("utm_")] == []
