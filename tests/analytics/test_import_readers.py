import gzip
import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from analytics.ingestion.files import json_array, readers, source
from analytics.ingestion.files.formats import Format
from analytics.ingestion.files.judging import judge
from analytics.ingestion.files.source import START, FileProblem, Mark, Total
from analytics.ingestion.options import DEFAULTS, Options
from tests.analytics import exports_of_others as others

NOW = datetime(2026, 11, 22, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def rows(folder, kind, content, *, start=START, **options):
    path = folder / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with readers.opened(kind, path, name="upload.x") as opened:
        found = readers.rows(
            kind,
            opened,
            options=readers.options_of(kind, options),
            zone=UTC_ZONE,
            visitor_key=b"k",
            start=start,
        )
        return list(found)


def judged(folder, kind, content, **options):
    return judge(rows(folder, kind, content, **options), now=NOW, options=DEFAULTS, keep_bots=False)


def problem(folder, kind, content, **options) -> str:
    with pytest.raises(FileProblem) as raised:
        rows(folder, kind, content, **options)
    return str(raised.value)


def seconds(event):
    return event.time // 1_000_000


def test_umamis_rows_are_page_views_and_events(tmp_path) -> None:
    found = judged(tmp_path, Format.UMAMI, others.UMAMI)
    view, custom = found.events

    assert (view.kind, view.message_id, view.anonymous_id, view.user_id) == ("page", "e1", "s1", "")
    assert (view.url, view.path) == ("https://shop.test/pricing?utm_source=news", "/pricing")
    assert (view.title, view.referrer_host) == ("Pricing, all plans", "www.google.com")
    assert (view.utm_source, view.utm_medium, view.utm_campaign) == ("news", "mail", "May")
    assert (view.browser, view.os, view.device) == ("Chrome", "Windows", "Desktop")
    assert (view.country, view.language) == ("DE", "de-DE")
    assert seconds(view) == int(datetime(2026, 5, 1, 10, tzinfo=UTC).timestamp())
    assert (custom.kind, custom.name, custom.user_id) == ("track", "Signed up", "u7")
    assert json.loads(custom.properties) == {"tag": "beta"}
    assert found.complaints == [(4, "events of type 5 are neither page views nor custom events")]


def test_umamis_table_is_found_in_its_zip(tmp_path) -> None:
    content = others.packed({"website_event.csv": others.UMAMI, "event_data.csv": "a,b\n1,2\n"})

    assert len(judged(tmp_path, Format.UMAMI, content).events) == 2


def test_matomos_visits_become_their_actions(tmp_path) -> None:
    found = judged(tmp_path, Format.MATOMO, others.matomo())
    view, played, outlink = found.events

    assert (view.kind, view.anonymous_id, view.user_id) == ("page", "9f3c2a1b44d0e6aa", "u7")
    assert (view.path, view.title, view.source, view.channel) == ("/pricing", "Pricing", "Google", "Search")
    assert (view.browser, view.os, view.device, view.country) == ("Chrome", "Linux", "Mobile", "DE")
    assert [seconds(event) for event in found.events] == [1777629600, 1777629605, 1777629610]
    assert (played.name, played.source) == ("Play", "Direct")
    assert json.loads(played.properties) == {"category": "Video", "name": "Intro", "value": 3}
    assert (outlink.name, outlink.url) == ("Outbound link", "")
    assert json.loads(outlink.properties) == {"url": "https://elsewhere.test/"}
    assert [reason for _, reason in found.complaints] == [
        "visit 2199: an action of type content is not kept",
        "visit 2200 has no actions",
    ]
    assert len({event.message_id for event in found.events}) == 3


def test_plausibles_rows_are_kept_as_totals_and_no_event_is_made_up(tmp_path) -> None:
    found = judged(tmp_path, Format.PLAUSIBLE, others.plausible())

    assert found.events == []
    assert len(found.totals) == 6
    assert (
        Total(
            "plausible",
            "visitors",
            date(2026, 5, 1),
            {},
            {"visitors": 10, "pageviews": 25, "bounces": 3, "visits": 12, "visit_duration": 600},
        )
        in found.totals
    )
    pages = [total for total in found.totals if total.topic == "pages"]
    assert [(total.labels["page"], total.figures["pageviews"]) for total in pages] == [
        ("/", 20),
        ("/pricing", 5),
        ("/", 9),
    ]
    assert found.complaints == [(3, "imported_sources_20260501_20260502.csv: 'not-a-day' is not a day")]


def test_lines_of_json_may_be_ours_segments_or_rubbish(tmp_path) -> None:
    lines = [
        {"event": "Paid", "user_id": "7", "timestamp": "2026-01-01T00:00:00Z", "sent_at": "2026-01-01T00:00:01Z"},
        {
            "type": "track",
            "event": "Old",
            "anonymousId": "a",
            "timestamp": "2020-01-01T00:00:00Z",
            "originalTimestamp": "2020-01-01T00:00:00Z",
            "sentAt": "2020-01-01T00:00:00Z",
            "context": {"library": {"name": "analytics.js"}},
        },
        {"event": "X", "user_id": "7", "colour": "red"},
        {"kind": "track", "time": "never", "name": "X", "user_id": "7"},
    ]
    content = "\n".join([*map(json.dumps, lines), "{", "[]", ""])

    found = judged(tmp_path, Format.NDJSON, content)

    assert [(event.name, seconds(event), event.library) for event in found.events] == [
        ("Paid", 1767225600, ""),
        ("Old", 1577836800, "analytics.js"),
    ]
    assert [number for number, _ in found.complaints] == [3, 4, 5, 6]
    assert "colour" in found.complaints[0][1]


def test_an_address_comes_along_only_where_the_project_keeps_them(tmp_path) -> None:
    line = {"kind": "page", "time": "2026-01-01T00:00:00Z", "user_id": "7", "context": {"ip": "192.0.2.1", "a": 1}}
    found = rows(tmp_path, Format.NDJSON, json.dumps(line))

    def context(**options):
        (event,) = judge(found, now=NOW, options=Options(**options), keep_bots=False).events
        return json.loads(event.context)

    assert context() == {"a": 1}
    assert context(keep_addresses=True) == {"ip": "192.0.2.1", "a": 1}


LINES = "".join(json.dumps({"event": f"E{n}", "user_id": "7", "properties": {"n": n}}) + "\n" for n in range(300))
TABLE = "name,user,note\n" + "".join(f'E{n},u{n},"two\nlines {n}"\n' for n in range(300))
LOG_LINE = '203.0.113.7 - - [17/May/2015:10:05:03 +0200] "GET /{} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
LOG = "".join(LOG_LINE.format(n) for n in range(300))
COLUMNS = {"columns": {"event": "name", "user_id": "user"}}


@pytest.mark.parametrize(
    ("kind", "content", "options"),
    [
        (Format.NDJSON, LINES, {}),
        (Format.NDJSON, gzip.compress(LINES.encode()), {}),
        (Format.NDJSON, others.packed({"a.ndjson": LINES}), {}),
        (Format.CSV, TABLE, COLUMNS),
        (Format.COMBINED_LOG, LOG, {}),
        (Format.UMAMI, others.UMAMI, {}),
        (Format.MATOMO, others.matomo(), {}),
        (Format.PLAUSIBLE, others.plausible(), {}),
    ],
)
def test_reading_goes_on_from_behind_any_row_as_if_it_had_not_stopped(tmp_path, kind, content, options) -> None:
    whole = [row._replace(call=None) for row in rows(tmp_path, kind, content, **options)]
    ids = [row.call for row in rows(tmp_path, kind, content, **options)]

    for place in range(0, len(whole), 97):
        rest = rows(tmp_path, kind, content, start=whole[place].after, **options)
        assert [row._replace(call=None) for row in rest] == whole[place + 1 :]
        assert [row.call for row in rest] == ids[place + 1 :]


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (Format.NDJSON, "a,b\n1,2\n", "does not hold one event as JSON a line"),
        (Format.COMBINED_LOG, "a,b\n1,2\n", "is not an access log in the combined format"),
        (Format.UMAMI, "a,b\n1,2\n", "has no column 'session_id'"),
        (Format.PLAUSIBLE, "a,b\n1,2\n", "is not Plausible's export"),
        (Format.PLAUSIBLE, others.packed({"a.csv": "a,b\n"}), "is not Plausible's export"),
        (Format.PLAUSIBLE, others.packed({"imported_pages.csv": "a,b\n"}), "has no column 'date'"),
        (Format.MATOMO, "a,b\n1,2\n", "is not a JSON array"),
        (Format.MATOMO, '{"result": "error", "message": "no access"}', "holds a refusal and no data"),
        (Format.MATOMO, "[]", "holds no visit"),
        (Format.MATOMO, '[{"a": 1}]', "has no actionDetails"),
        (Format.MATOMO, others.matomo()[:-20], "is cut off"),
        (Format.MATOMO, "[1, 2]", "not an array of objects"),
        (Format.NDJSON, others.packed({"a": LINES, "b": LINES}), "holds 2 files"),
        (Format.NDJSON, b"PK\x03\x04rubbish", "is not a whole zip file"),
        (Format.NDJSON, gzip.compress(LINES.encode())[:-9], "is broken"),
    ],
)
def test_a_file_of_another_format_is_told_by_a_sentence(tmp_path, kind, content, said) -> None:
    found = problem(tmp_path, kind, content)

    assert said in found
    assert "upload.x" in found
    assert str(tmp_path) not in found


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: others.packed({"a": content.decode()})])
def test_a_file_that_unpacks_to_far_too_much_is_refused(tmp_path, monkeypatch, pack) -> None:
    monkeypatch.setattr(source, "SMALL", 100_000)
    monkeypatch.setattr(source, "MOST_RATIO", 10)

    assert "unpacks to more than" in problem(tmp_path, Format.NDJSON, pack(LINES.encode() * 100))


def test_an_object_of_a_list_is_bounded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(json_array, "MOST_OBJECT", 1000)

    assert "cut off, not JSON" in problem(tmp_path, Format.MATOMO, '[{"idVisit": "' + "x" * 900_000)


def test_a_large_object_is_read_in_pieces(tmp_path) -> None:
    visits = [{**others.MATOMO[0], "filler": "ä" * 700_000}, others.MATOMO[0]]

    assert len(rows(tmp_path, Format.MATOMO, json.dumps(visits, ensure_ascii=False))) == 8


def test_a_mark_counts_bytes_and_lines_of_the_unpacked_file(tmp_path) -> None:
    found = rows(tmp_path, Format.NDJSON, gzip.compress(LINES.encode()))

    assert found[-1].after == Mark(len(LINES), 300)
