"""SQL where the events are in ClickHouse, by a user who sees one project: the real engine, over HTTP."""

import io
import random
import re
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from unittest.mock import Mock

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError

from accounts.access import Actor
from accounts.errors import DeadlineExceeded, Invalid, Unavailable
from analytics.periods import Period, Span
from analytics.queries import manifest, sql_in_clickhouse, storage
from analytics.queries import sql as sqls
from analytics.queries.sql import closed, run_sql
from analytics.services import erasures
from analytics.store.base import Range, StoreFault, Wanted
from analytics.store.clickhouse.sql import ddl, guard, safety
from analytics.store.clickhouse.sql.door import Failed, door_of
from analytics.store.clickhouse.sql.guard import Functions
from analytics.store.clickhouse.sql.views import Scope, wrapped
from analytics.store.stop import Stop
from tests import factories
from tests.analytics import sql_users
from tests.analytics.events import NOON, event, store
from tests.analytics.sql_users import User, serving
from tests.analytics.test_store_command import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(clickhouse, project):
    """As in `test_sql`, and a long visit; the other project's events are `theirs`."""
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
            NOON + timedelta(hours=13), name="Buy", user_id="u2", properties={"price": "free"}, message_id="free"
        ),
    ]
    store(project, first)
    store(project, [event(NOON + timedelta(days=2), kind="identify", anonymous_id="a1", user_id="ü1")])
    elsewhere = factories.ProjectFactory.create()
    store(elsewhere, [event(name="Secret", anonymous_id="theirs")])
    return project


@pytest.fixture
def opened(shop, clickhouse, settings, tmp_path):
    """A function that opens SQL, as a user with such rights, to what is stored when it is called."""
    folder, room = tmp_path / "engine", tmp_path / "users"
    room.mkdir()
    servers = []

    def open_(user: User | None = None):
        copy(clickhouse, folder, tmp_path / "events.native")
        server = serving(folder, user or User(shop.pk), room)
        settings.EVENT_STORE_SQL_URL = server.__enter__()
        servers.append(server)
        return shop

    yield open_
    sql_in_clickhouse.forget()
    for server in servers:
        server.__exit__(None, None, None)


def copy(clickhouse, folder: Path, file: Path) -> None:
    """The test's table in a folder of its own: an engine's folder is one process's."""
    clickhouse.query(f"INSERT INTO FUNCTION file('{file}', 'Native') SELECT * FROM events")
    ((created,),) = clickhouse.query("SHOW CREATE TABLE events")
    made = [f"CREATE DATABASE {sql_users.DATABASE}", created]
    sql_users.fill(folder, [*made, f"INSERT INTO tests.events SELECT * FROM file('{file}', 'Native')"])


def rows(project, sql, **options):
    return [tuple(row.values()) for row in run_sql(project=project, sql=sql, **options).table.to_pylist()]


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def fault(project, sql):
    with pytest.raises(Invalid) as caught:
        run_sql(project=project, sql=sql)
    return caught.value


def test_the_views_have_what_those_of_segments_have(opened):
    shop = opened()
    shop.time_zone = "Asia/Kolkata"

    events = rows(
        shop,
        """
        SELECT message_id, person, "n:price", "t:price", "t:^plan", JSONExtractString(properties, 'tags', 1),
            toHour(local_time)
        FROM events WHERE kind != 'identify' ORDER BY time
        """,
    )
    people = rows(shop, "SELECT person, first_seen, events FROM people ORDER BY person")
    sessions = rows(
        shop, "SELECT person, duration, events, views, country, entry_path FROM sessions ORDER BY started_at"
    )

    assert events == [
        ("look", "ü1", None, None, None, "", 17),
        ("pay", "ü1", 12.5, None, "pro", "x", 17),
        ("free", "u2", None, "free", None, "", 6),
    ]
    assert people == [("u2", at(21, 1), 1), ("ü1", at(20, 12), 3)]
    assert sessions == [("ü1", 300.0, 2, 1, "DE", "/"), ("u2", 0.0, 1, 0, "", ""), ("ü1", 0.0, 1, 0, "", "")]


HOSTILE = (Path(__file__).parent / "sql_hostile_clickhouse.txt").read_text().splitlines()
HARMLESS = (Path(__file__).parent / "sql_harmless_clickhouse.txt").read_text().splitlines()


def test_no_statement_shows_another_s_rows(opened, settings):
    """Neither through the door, nor where there were no guard in front of the user."""
    shop = opened()
    names = {"other": shop.pk + 1, "newline": "\n"}
    door, through, leaking = door_of(settings.EVENT_STORE_SQL_URL, shop.pk), [], []
    for line in HOSTILE:
        sql = line.format_map(names)
        try:
            run_sql(project=shop, sql=sql)
        except Invalid:
            pass
        else:
            through.append(line)
        try:
            leaking += [line] if b"theirs" in door.answer(sql, "TSV", Stop(20)) else []
        except Failed:
            continue

    assert len(HOSTILE) > 100
    assert through == []
    assert leaking == []


def test_plain_queries_run(opened):
    shop = opened()

    for line in HARMLESS:
        run_sql(project=shop, sql=line)


def test_a_failed_query_says_where(opened):
    shop = opened()
    cases = [
        ("SELECT 'é',\n  nothing FROM events", 2, 3, "nothing"),
        ("SELECT count(*) FRM events", 1, 21, "Syntax error"),
        ("SELECT 1,\n\nhostName()", 3, 1, "function hostName"),
        ("SELECT 1,\n foo(1)", 2, 2, "foo"),
        ("SELECT * FROM event", 1, 15, "no table event"),
        ("SELECT toInt32('x')", 1, 17, "Cannot parse"),
    ]
    for sql, line, column, message in cases:
        error = fault(shop, sql)
        assert message in error.message, sql
        assert (error.details["line"], error.details["column"]) == (line, column), sql
        assert "plumbline_" not in error.message


def test_sessions_are_those_of_the_store(clickhouse, project):
    """Also where events of one instant meet, and where events without a pause are cut at a day's length."""
    chosen = random.Random(7)
    gaps = (0, 1, 600, 1_799, 1_800, 1_801, 90_000)
    weights = (4, 4, 60, 20, 20, 1, 1)
    moments = {"a": NOON, "b": NOON + timedelta(days=1)}
    events = []
    for _ in range(600):
        who = chosen.choice("ab")
        moments[who] += timedelta(seconds=chosen.choices(gaps, weights)[0])
        path, source = f"/{chosen.randrange(9)}", chosen.choice(("", "ads", "mail"))
        kind = chosen.choice(("page", "track"))
        events.append(event(moments[who], kind=kind, anonymous_id=who, path=path, source=source))
    store(project, events)
    store(project, [event(kind="alias", user_id="c", previous_id="b")])
    within = Range(Span(NOON, max(moments.values())), ())
    seen = manifest.snapshot(project.pk, start=within.span.start, end=within.span.end)
    fields = ["source", "entry_path", "exit_path"]
    wanted = Wanted(frozenset({"person"}), sessions=True, session_fields=frozenset(fields))
    with storage.reader().read(seen, within, wanted) as reading:
        people = reading.events.group_by("who").agg(person=reading.events.person.max())
        table = reading.sessions.join(people, "who")
        expected = reading.rows(table.select("start", "length", "events", "views", "customs", "person", *fields))
    asked = (
        f"SELECT started_at, toInt64(round(duration * 1e6)), events, views, customs, person, {', '.join(fields)}"
    )
    statement = wrapped(f"{asked} FROM sessions", Scope(seen, within, "UTC", [], "tests.events"), 10_000)
    means = ", ".join(f"{key} = {value!r}" for key, value in ddl.meaning().items())

    found = clickhouse.query(f"{statement} SETTINGS {means}")

    assert sorted(found) == sorted(tuple(row) for row in expected)
    assert seen.links
    assert max(length for _, length, *_ in found) > 23 * 3600 * 10**6
    assert len(found) > 10


def test_rows_bytes_memory_and_time_are_bounded(opened, settings, monkeypatch):
    shop = opened()
    many = run_sql(project=shop, sql="SELECT number FROM numbers(1000000000000)")
    sorted_ = run_sql(project=shop, sql="SELECT number FROM numbers(20000) ORDER BY number DESC")
    monkeypatch.setattr(sqls, "MOST_BYTES", 100_000)
    large = run_sql(project=shop, sql="SELECT repeat('x', 1000) FROM numbers(1000)")
    memory = fault(shop, "SELECT length(groupArray(number)) FROM numbers(1000000000)")
    settings.QUERY_SECONDS = 1

    with pytest.raises(DeadlineExceeded):
        run_sql(project=shop, sql="SELECT count() FROM numbers(10000000000000) WHERE cityHash64(number) = 1")
    assert (many.table.num_rows, many.truncated) == (10_000, True)
    assert sorted_.table["number"].to_pylist()[:2] == [19_999, 19_998]
    assert (large.table.num_rows, large.truncated) == (0, True)
    assert "more memory" in memory.message


def test_a_result_that_the_user_may_not_have_is_told(opened, project):
    shop = opened(User(project.pk, changed={"max_result_bytes": 10_000}))

    assert "larger" in fault(shop, "SELECT repeat('x', 1000) FROM numbers(1000)").message


def test_who_was_erased_is_in_no_view_before_the_rows_are_gone(opened, owner):
    shop = opened()
    erasures.request(project=shop, actor=Actor(user=owner), person="ü1")

    assert rows(shop, "SELECT DISTINCT person FROM events") == [("u2",)]
    assert rows(shop, "SELECT person, (SELECT count() FROM sessions) FROM people") == [("u2", 1)]


def test_a_period_is_one_of_the_project_s_days(opened):
    shop = opened()
    day = Period(from_=date(2026, 11, 21), to=date(2026, 11, 21))

    assert rows(shop, "SELECT message_id FROM events", period=day) == [("free",)]


def test_the_doors_answer_as_they_do_on_segments(opened, client, owner):
    shop = opened()
    client.force_login(owner)
    url = f"/api/v1/projects/{shop.pk}/sql/"
    body = {"sql": "SELECT 1 AS a, 'é', sum(2), [1.5], toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')"}

    found = client.post(url, body, content_type="application/json").json()
    text = client.post(url, body, content_type="application/json", headers={"accept": "text/csv"})
    file = client.post(
        url, body, content_type="application/json", headers={"accept": "application/vnd.apache.parquet"}
    )
    page = client.get(f"/o/{shop.organization.slug}/p/{shop.slug}/sql/", {"q": "SELECT name FROM events"})

    assert found["rows"][0][:4] == [1, "é", 2, [1.5]]
    assert [column["type"] for column in found["columns"]][:3] == ["UInt8", "String", "Nullable(UInt64)"]
    assert (found["truncated"], found["rows_read"]) == (False, 4)
    assert text.content.decode().splitlines()[1].startswith("1,é,2,")
    assert pq.read_table(io.BytesIO(file.content)).num_rows == 1
    assert "4 rows" in page.content.decode()
    assert "DateTime64(6, &#x27;UTC&#x27;)" in page.content.decode()


def test_the_door_stays_closed_to_a_user_who_is_not_safe(opened, project):
    shop = opened(User(project.pk, filter="project_id > 0"))

    with pytest.raises(Unavailable, match="its condition is: greater") as caught:
        run_sql(project=shop, sql="SELECT 1")
    assert closed(shop) == caught.value.message


def test_a_user_who_is_not_there_or_a_server_that_is_not_is_told(opened, settings):
    shop = opened()
    address = settings.EVENT_STORE_SQL_URL

    settings.EVENT_STORE_SQL_URL = address.replace(sql_users.PASSWORD, "wrong")
    assert "cannot log in" in closed(shop)
    settings.EVENT_STORE_SQL_URL = re.sub(r":\d+/", ":1/", address)
    with pytest.raises(StoreFault, match="cannot be reached"):
        closed(shop)
    settings.EVENT_STORE_SQL_URL = address
    assert closed(shop) == ""
    assert "cannot log in" in closed(factories.ProjectFactory.create())


def test_a_safe_user_is_looked_at_again_after_a_while(opened, settings, monkeypatch):
    shop = opened()
    assert closed(shop) == ""
    monkeypatch.setattr(safety, "faults", Mock(return_value=["something"]))

    assert closed(shop) == ""
    monkeypatch.setattr(sql_in_clickhouse, "SAFE_SECONDS", 0.0)
    sql_in_clickhouse.forget()

    assert "something" in closed(shop)


def test_what_an_operator_runs_is_clickhouse_s_language_and_is_of_each_project(clickhouse, project, settings):
    settings.EVENT_STORE_SQL_URL = "clickhouse://plumbline_sql_{project}:secret@127.0.0.1:1/tests"
    other = factories.ProjectFactory.create()

    said = run("ddl", "--sql", "--project", str(project.pk))
    whole = run("ddl", "--sql")

    for statement in filter(str.strip, whole.split(";\n")):
        clickhouse.query(f"EXPLAIN AST {statement}")
    user, digest = f"`plumbline_sql_{project.pk}`", sha256(b"secret").hexdigest()
    assert f"CREATE USER IF NOT EXISTS {user} IDENTIFIED WITH sha256_hash BY '{digest}'" in said
    assert f"FOR SELECT USING project_id = {project.pk} AS RESTRICTIVE TO {user}" in said
    assert f"GRANT SELECT ON `tests`.events TO {user}" in said
    assert "readonly = 1, max_execution_time = 30" in said
    assert "secret" not in whole
    assert f"`plumbline_sql_{other.pk}`" in whole
    assert f"`plumbline_sql_{other.pk}`" not in said
    with pytest.raises(CommandError, match="no project"):
        run("ddl", "--sql", "--project", "987654")


def test_an_operator_is_told_whether_the_door_is_open(opened, settings):
    shop = opened()

    assert run("sql", "--project", str(shop.pk)) == f"project {shop.pk}: open\n"
    with pytest.raises(CommandError, match="closed to 1 projects"):
        run("sql")
    settings.EVENT_STORE_SQL_URL = ""
    with pytest.raises(CommandError, match="Set EVENT_STORE_SQL_URL"):
        run("ddl", "--sql")


def test_a_function_of_the_server_is_thought_about_before_it_is_allowed(opened, settings):
    """A new ClickHouse may bring functions; this says which have to be thought about."""
    shop = opened()
    door = door_of(settings.EVENT_STORE_SQL_URL, shop.pk)
    allowed = Functions(guard._functions(door, Stop(20)))
    about = re.compile(
        r"server|host|query|user|database|(?<!s)table|setting|dict|file|role|macro|sleep|certif|current"
    )
    known = re.compile(
        r"current_(date|timestamp)|(cut|json_)?query\w*|cut\w+|(format|highlight|tokenize)query\w*|normalized?\w+|obfuscatequerywithseed|parsequerytojson|timeseries\w+"
    )

    names = {name for (name,) in door.rows("SELECT lower(name) FROM system.functions", Stop(20))}
    assert [name for name in names if about.search(name) and name in allowed and not known.fullmatch(name)] == []
