import contextlib
import csv
import gzip
import io
import itertools
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.ingestion.files import combined_log, csv_table
from analytics.ingestion.files.source import FileProblem, Source
from analytics.models import DropCount, InboxEntry, Segment
from analytics.services import sealing
from tests.factories import ProjectFactory

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ACCESS_LOG = DATA / "access-log" / "access.log"
ONLINE_RETAIL = DATA / "online-retail" / "online_retail.csv.gz"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
LINE = (
    '203.0.113.7 - - [17/May/2015:10:05:03 +0200] "GET /a?utm_source=hn HTTP/1.1" 200 512 '
    f'"https://www.google.de/" "{FIREFOX}"\n'
)
ORDERS = (
    "order,when,customer,amount,code,note\n"
    "1,2026-03-01T08:00:00,c1,2.50,007,first\n"
    "2,2026-03-01 09:00:00+00:00,,3,12,\n"
    '3,yesterday,c2,1,5,"a, b"\n'
    "4,2026-03-02T08:00:00,c2\n"
    "5,2026-03-02T08:00:00,c3,many,6,x\n"
)
MAPPING = ["--map", "time=when", "--map", "user_id=customer", "--map", "anonymous_id=order"]


@pytest.fixture
def unsealed(monkeypatch) -> None:
    """Leaves the inbox as it is, to look into."""
    monkeypatch.setattr(sealing, "seal_project", lambda *, project_id: sealing.SealReport(project_id))
    monkeypatch.setattr("analytics.services.imports.SEAL_SECONDS", 0)
    monkeypatch.setattr("analytics.services.imports._POLL_SECONDS", 0)


def run(path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import_events", "shop", str(path), *options, stdout=out)
    return out.getvalue()


def log(path: Path, *options: str) -> str:
    return run(path, "--format", "combined-log", *options)


def table(path: Path, *options: str) -> str:
    return run(path, "--format", "csv", "--event", "purchase", *(options or MAPPING))


def written(folder: Path, content: str | bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def rows_in_store(project) -> int:
    return sum(Segment.objects.live().filter(project=project).values_list("rows", flat=True))


def test_a_line_of_a_log_is_a_page_view(project, tmp_path, unsealed) -> None:
    log(written(tmp_path, LINE), "--host", "shop.test")

    (event,) = stored()
    moment = datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC)
    assert (event.kind, event.time) == ("page", int(moment.timestamp() * 1_000_000))
    assert (event.host, event.path, event.source, event.referrer_host) == (
        "shop.test", "/a", "Hacker News", "www.google.de",
    )  # fmt: skip
    assert (event.browser, event.os, event.device) == ("Firefox", "Linux", "Desktop")
    assert json.loads(event.properties) == {"method": "GET", "status": 200, "bytes": 512}
    assert event.anonymous_id
    assert "203.0.113.7" not in str(event)


def test_a_visitor_is_an_address_with_a_user_agent(project, tmp_path, unsealed) -> None:
    lines = LINE + LINE.replace("17/May", "18/May") + LINE.replace("203.0.113.7", "203.0.113.8")
    log(written(tmp_path, lines + LINE.replace("- - [", "- ada [")))

    first, next_day, other, login = stored()
    assert first.anonymous_id == next_day.anonymous_id == login.anonymous_id != other.anonymous_id
    assert (first.user_id, login.user_id) == ("", "ada")


@pytest.mark.parametrize(
    "request_line", ["-", "\\x16\\x03\\x01", "GET", "GET //[ HTTP/1.1", "GET http://[/ HTTP/1.1"]
)
def test_a_strange_request_is_still_a_line(project, tmp_path, unsealed, request_line) -> None:
    log(written(tmp_path, LINE.replace("GET /a?utm_source=hn HTTP/1.1", request_line)))

    assert len(stored()) == 1


def test_bots_are_dropped_and_counted_or_kept(project, tmp_path, unsealed) -> None:
    path = written(tmp_path, LINE + LINE.replace(FIREFOX, "curl/8.5.0"))

    assert "bot                    1  (dropped)" in log(path)
    assert dict(DropCount.objects.values_list("reason", "events")) == {"bot": 1}
    log(path, "--bots", "keep")
    assert len(stored()) == 3


def test_a_line_that_cannot_be_read_is_reported_and_the_rest_kept(project, tmp_path, unsealed) -> None:
    lines = LINE + "rubbish\n" + LINE.replace("17/May", "31/Feb") + LINE.replace("+0200", "+9900") + LINE[:-20]
    report = tmp_path / "report.ndjson"

    out = log(written(tmp_path, lines), "--show", "1", "--report", str(report))

    assert "line 2: not a whole line of the combined format\n  and 3 more" in out
    assert [json.loads(line)["line"] for line in report.read_text().splitlines()] == [2, 3, 4, 5]
    assert len(stored()) == 1
    assert dict(DropCount.objects.values_list("reason", "events")) == {"invalid": 4}


def test_a_row_of_a_table_is_an_event(project, tmp_path, unsealed) -> None:
    project.time_zone = "Europe/Berlin"
    project.save()

    out = table(written(tmp_path, ORDERS))

    first, second, last = stored()
    assert (first.name, first.user_id, first.anonymous_id) == ("purchase", "c1", "1")
    assert first.time == int(datetime(2026, 3, 1, 7, tzinfo=UTC).timestamp() * 1_000_000)
    assert second.time == int(datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp() * 1_000_000)
    assert [json.loads(event.properties) for event in (first, second, last)] == [
        {"amount": "2.50", "code": "007", "note": "first"},
        {"amount": "3", "code": "12"},
        {"amount": "many", "code": "6", "note": "x"},
    ]
    assert "line 4: 'yesterday' in when is not a time" in out
    assert "line 5: has 3 cells where the header has 6" in out


def test_a_column_of_numbers_holds_numbers_unless_told_otherwise(project, tmp_path, unsealed) -> None:
    content = "id;n;code\n1;2.5;1\n2;-3;2\n3;;3\n"

    table(written(tmp_path, content), "--map", "user_id=id", "--text", "code")

    found = [json.loads(event.properties) for event in stored()]
    assert found == [{"n": 2.5, "code": "1"}, {"n": -3, "code": "2"}, {"code": "3"}]


def test_columns_may_be_chosen_and_times_described(project, tmp_path, unsealed) -> None:
    content = "what,at,who,a,b\nPaid,31/12/2025 23:30,u,1,2\n"
    mapping = ["--map", "event=what", "--map", "time=at", "--map", "user_id=who", "--properties", "who,b"]

    table(written(tmp_path, content), *mapping, "--time-format", "%d/%m/%Y %H:%M", "--time-zone", "Asia/Tokyo")

    (event,) = stored()
    assert (event.name, json.loads(event.properties)) == ("Paid", {"who": "u", "b": 2})
    assert event.time == int(datetime(2025, 12, 31, 14, 30, tzinfo=UTC).timestamp() * 1_000_000)


def test_another_encoding_can_be_named(project, tmp_path, unsealed) -> None:
    content = "who,city\nu1,Zürich\nu2,Bern\n".encode("latin-1")
    path = written(tmp_path, content)

    assert "line 2: not text in this encoding" in table(path, "--map", "user_id=who")
    table(path, "--map", "user_id=who", "--encoding", "latin-1")
    assert [json.loads(event.properties)["city"] for event in stored()] == ["Bern", "Zürich", "Bern"]


def test_the_same_file_again_stores_nothing_twice(project, tmp_path) -> None:
    plain = written(tmp_path, LINE * 3)
    packed = written(tmp_path, gzip.compress((LINE * 4).encode()), "file.gz")

    assert "stored                 3" in log(plain)
    assert "duplicate              3  (stored before)" in log(plain)
    assert "stored                 1" in log(packed)
    assert rows_in_store(project) == 4


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"", ["--format", "combined-log"], "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ["--format", "combined-log"], "is not a text file"),
        (ORDERS.encode(), ["--format", "combined-log"], "is not an access log in the combined format"),
        (b"\x1f\x8b rubbish", ["--format", "combined-log"], "is not a whole gzip file"),
        (gzip.compress(LINE.encode() * 9)[:-12], ["--format", "combined-log"], "is not a whole gzip file"),
        (b'"a\n', ["--format", "csv", "--event", "x", "--map", "user_id=who"], "is not a CSV table"),
        (b"who,who\n1,2\n", ["--format", "csv", "--event", "x", "--map", "user_id=who"], "is not a CSV table"),
        (b"a,b\n1,2\n", ["--format", "csv", "--event", "x", "--map", "user_id=who"], "has no column 'who'"),
        (b"a\n", ["--format", "csv", "--event", "x"], "Say whose events they are"),
        (b"a\n", ["--format", "csv", "--map", "user_id=a"], "Name the events"),
        (b"a\n", ["--format", "csv", "--event", "x", "--map", "user=a"], "FIELD is event, time"),
        (
            b"a\n",
            ["--format", "csv", "--event", "x", "--map", "user_id=a", "--encoding", "x"],
            "is not an encoding",
        ),
        (
            b"a\n",
            ["--format", "csv", "--event", "x", "--map", "user_id=a", "--time-zone", "x"],
            "is not a time zone",
        ),
    ],
)
def test_a_file_that_is_not_what_it_claims_ends_with_a_sentence(
    project, tmp_path, content, options, sentence
) -> None:
    with pytest.raises(CommandError, match=sentence) as caught:
        run(written(tmp_path, content), *options)

    assert caught.value.returncode == 1
    assert "\n" not in str(caught.value)
    assert not InboxEntry.objects.exists()


def test_what_is_no_file_ends_with_a_sentence(project, tmp_path) -> None:
    with pytest.raises(CommandError, match="no such file"):
        log(tmp_path / "missing")
    with pytest.raises(CommandError, match="is a directory"):
        log(tmp_path)
    with pytest.raises(CommandError, match="No such file"):
        log(written(tmp_path, LINE), "--report", str(tmp_path / "no" / "report"))


def test_a_project_is_named_so_that_only_one_is_meant(project, tmp_path, unsealed) -> None:
    path = written(tmp_path, LINE)
    ProjectFactory.create(slug="shop")

    with pytest.raises(CommandError, match="Several organizations"):
        log(path)
    with pytest.raises(CommandError, match="There is no project 'nowhere'"):
        call_command("import_events", "nowhere", str(path), "--format", "combined-log")
    for name in ("acme/shop", str(project.pk)):
        call_command("import_events", name, str(path), "--format", "combined-log", stdout=io.StringIO())
    assert InboxEntry.objects.filter(project=project).count() == 2


def test_an_import_that_is_stopped_keeps_what_was_read(project, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("analytics.services.imports.CHUNK", 2)
    whole = written(tmp_path, LINE * 5)
    read = combined_log.rows

    def until_stopped(source, **options):
        yield from itertools.islice(read(source, **options), 3)
        raise KeyboardInterrupt

    monkeypatch.setattr(combined_log, "rows", until_stopped)
    with pytest.raises(CommandError, match="What was read is kept") as caught:
        log(whole)
    monkeypatch.undo()

    assert caught.value.returncode == 130
    assert sum(InboxEntry.objects.values_list("events", flat=True)) == 2
    log(whole)
    assert rows_in_store(project) == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=600), st.booleans())
def test_no_file_is_too_strange_to_be_read(tmp_path, content, packed) -> None:
    path = written(tmp_path, gzip.compress(content) if packed else content)
    columns = csv_table.Columns(targets={}, zone=UTC, event="x")
    for read in (
        lambda source: combined_log.rows(source, visitor_key=b"k"),
        lambda source: csv_table.rows(source, columns=columns),
    ):
        with contextlib.suppress(FileProblem), Source(path) as source:
            assert all(row.call or row.reason for row in read(source))


@pytest.mark.skipif(not ACCESS_LOG.exists(), reason="../shared/data is absent")
def test_the_real_log_counts_as_a_plain_count_does(project) -> None:
    out = log(ACCESS_LOG, "--bots", "keep")

    lines = ACCESS_LOG.read_bytes().splitlines()
    whole = [line for line in lines if line.count(b'"') >= 6]
    assert f"Read {len(lines):,} lines" in out
    assert "line 8,899: not a whole line" in out
    assert rows_in_store(project) == len(whole) == 9_999


@pytest.mark.skipif(not ONLINE_RETAIL.exists(), reason="../shared/data is absent")
def test_a_week_of_the_real_shop_counts_as_a_plain_count_does(project, tmp_path, unsealed) -> None:
    with gzip.open(ONLINE_RETAIL, "rt", newline="") as whole:
        head = [next(whole) for _ in range(20_000)]
    mapping = ["--map", "time=InvoiceDate", "--map", "user_id=CustomerID", "--map", "anonymous_id=InvoiceNo"]

    table(written(tmp_path, "".join(head)), *mapping)

    rows = list(csv.DictReader(head))
    events = stored()
    assert len(events) == len(rows)
    assert Counter(event.user_id for event in events) == Counter(row["CustomerID"] for row in rows)
    assert sum(json.loads(event.properties)["Quantity"] for event in events) == sum(
        int(row["Quantity"]) for row in rows
    )
    assert {json.loads(event.properties)["StockCode"] for event in events} == {row["StockCode"] for row in rows}
