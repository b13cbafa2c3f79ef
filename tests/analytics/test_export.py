import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from analytics import exports
from analytics.contracts import PUBLIC
from analytics.downloads import from_thread
from analytics.exports import FileFormat
from analytics.models import Erasure, Import, Segment
from analytics.models.imports import State
from analytics.queries import storage
from analytics.queries.export import Wanted
from analytics.queries.export import events as export
from analytics.services import import_work, sealing
from analytics.store.schema import TYPES
from tests import factories
from tests.analytics.events import NOON, event, store

ALL = tuple(PUBLIC)


def lines(project, **wanted) -> list[dict]:
    content = b"".join(
        export(project=project, wanted=Wanted(**{"kind": FileFormat.NDJSON, "columns": ALL} | wanted))
    )
    return [json.loads(line) for line in content.splitlines()]


def names(project, **wanted) -> list[str]:
    return sorted(line["name"] for line in lines(project, **wanted))


@pytest.fixture
def filled(project):
    """Events of all kinds, of people who become known, some of whom are linked after they were sealed."""
    store(
        project,
        [
            event(
                name="Viewed", anonymous_id="a1", properties={"price": 2.5, "名": 'x"\n', "deep": {"n": [1, 2]}}
            ),
            event(
                NOON + timedelta(microseconds=7), kind="page", anonymous_id="a2", path="/=1+1", browser="Firefox"
            ),
            event(NOON - timedelta(days=40), name="=HYPERLINK()", user_id="u9", context='{"tz": 1}'),
            event(kind="group", user_id="u9", group_id="g", properties={"plan": "pro"}),
        ],
    )
    store(
        project,
        [
            event(NOON + timedelta(hours=1), kind="identify", user_id="u1", anonymous_id="a1"),
            event(NOON + timedelta(hours=2), kind="alias", user_id="u1", previous_id="a2"),
        ],
    )
    return project


@pytest.mark.usefixtures("engine")
def test_an_object_a_line_with_everything_that_is_known(filled) -> None:
    found = {line["name"]: line for line in lines(filled)}

    assert found["Viewed"] == {
        "message_id": found["Viewed"]["message_id"],
        "kind": "track",
        "name": "Viewed",
        "time": "2026-11-20T12:00:00.000000Z",
        "received_at": "2026-11-20T12:00:00.000000Z",
        "person": "u1",
        "anonymous_id": "a1",
        "properties": {"price": 2.5, "名": 'x"\n', "deep": {"n": [1, 2]}},
    }
    assert found["page"]["time"] == "2026-11-20T12:00:00.000007Z"
    assert (found["page"]["person"], found["page"]["browser"]) == ("u1", "Firefox")
    assert found["=HYPERLINK()"]["context"] == {"tz": 1}


@pytest.mark.usefixtures("engine")
def test_a_table_holds_the_same_and_changes_nothing(filled) -> None:
    content = b"".join(export(project=filled, wanted=Wanted(FileFormat.CSV, ALL))).decode()
    found = {row["name"]: row for row in csv.DictReader(io.StringIO(content))}

    assert set(found) == {"Viewed", "page", "=HYPERLINK()", "group", "identify", "alias"}
    assert list(found["Viewed"]) == list(PUBLIC)
    assert json.loads(found["Viewed"]["properties"])["名"] == 'x"\n'
    assert found["page"]["path"] == "/=1+1"
    assert found["page"]["time"] == "2026-11-20T12:00:00.000007Z"
    assert found["page"]["person"] == "u1"


@pytest.mark.usefixtures("engine")
def test_parquet_holds_the_same_in_types(filled, monkeypatch) -> None:
    monkeypatch.setattr(exports, "_PARQUET_ROWS", 2)
    content = b"".join(export(project=filled, wanted=Wanted(FileFormat.PARQUET, ALL)))
    found = pq.read_table(io.BytesIO(content))

    assert found.schema.names == list(PUBLIC)
    assert [found.schema.field(name).type for name in PUBLIC] == [TYPES[name] for name in PUBLIC]
    rows = {row["name"]: row for row in found.to_pylist()}
    assert rows["page"]["time"] == datetime(2026, 11, 20, 12, 0, 0, 7)  # noqa: DTZ001 (Parquet's, in UTC)
    assert rows["Viewed"]["person"] == "u1"


@pytest.mark.usefixtures("engine")
def test_a_project_without_events_is_an_empty_file_of_its_kind(project) -> None:
    files = {kind: b"".join(export(project=project, wanted=Wanted(kind, ("name", "time")))) for kind in FileFormat}

    assert files[FileFormat.NDJSON] == b""
    assert files[FileFormat.CSV] == b'"name","time"\n'
    assert pq.read_table(io.BytesIO(files[FileFormat.PARQUET])).num_rows == 0


@pytest.mark.usefixtures("engine")
def test_days_are_the_projects_and_both_are_included(project) -> None:
    project.time_zone = "Europe/Berlin"
    project.save()
    day = datetime(2026, 3, 29, tzinfo=UTC).date()
    # Days of Berlin: this one lasts from 23:00 to 22:00 (UTC), for the clocks go forward.
    first, last = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    moments = {"before": first - tick, "first": first, "last": last - tick, "after": last}
    store(project, [event(at, name=name, user_id="u") for name, at in moments.items()])

    assert names(project, first=day, last=day) == ["first", "last"]
    assert names(project, first=day) == ["after", "first", "last"]
    assert names(project, last=day) == ["before", "first", "last"]


@pytest.mark.usefixtures("engine")
def test_events_may_be_chosen_by_name_and_columns_by_theirs(filled) -> None:
    found = lines(filled, names=("Viewed", "page"), columns=("name", "browser"))

    assert sorted(found, key=str) == [{"name": "Viewed"}, {"name": "page", "browser": "Firefox"}]


@pytest.mark.usefixtures("engine")
def test_who_is_being_erased_is_left_out_at_once(filled) -> None:
    Erasure.objects.create(
        project=filled, asked_for="u9", person="u9", ids=["u9"], requested_at=NOON + timedelta(days=1)
    )

    assert names(filled) == ["Viewed", "alias", "identify", "page"]


@pytest.mark.usefixtures("engine")
def test_what_is_exported_and_imported_elsewhere_is_equal(filled, organization, owner, client) -> None:
    other = factories.ProjectFactory.create(organization=organization, slug="other")
    content = b"".join(export(project=filled, wanted=Wanted(FileFormat.NDJSON, ALL)))
    client.force_login(owner)
    answer = client.post(
        f"/api/v1/projects/{other.pk}/imports/",
        {"format": "ndjson", "file": SimpleUploadedFile("e.ndjson", content)},
    )
    import_work.work(import_id=answer.json()["id"])
    sealing.seal_project(project_id=other.pk)

    assert answer.status_code == 202
    assert Import.objects.get().state == State.DONE
    assert sorted(lines(other), key=str) == sorted(lines(filled), key=str)


def test_the_files_of_an_export_may_be_swept_while_it_lasts(filled) -> None:
    pieces = export(project=filled, wanted=Wanted(FileFormat.NDJSON, ALL))
    first = next(pieces)
    for segment in Segment.objects.all():
        storage.path_of(segment).unlink()

    assert len(b"".join([first, *pieces]).splitlines()) == 6


def answered(client, path, **parameters):
    response = client.get(path, parameters)

    async def body() -> bytes:
        return b"".join([piece async for piece in response])

    return response, asyncio.run(body())


@pytest.mark.usefixtures("engine")
def test_the_api_streams_what_is_asked_for(filled, client, owner) -> None:
    client.force_login(owner)
    path = f"/api/v1/projects/{filled.pk}/export/"
    response, body = answered(client, path, format="csv", columns="name,path", event="page")

    assert body == b'"name","path"\n"page","/=1+1"\n'
    assert response["Content-Disposition"] == 'attachment; filename="shop-events.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "Content-Length" not in response.headers


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"format": "xlsx"}, "format"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"columns": "name,colour"}, "columns"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(project, client, owner, parameters, field) -> None:
    client.force_login(owner)
    response = client.get(f"/api/v1/projects/{project.pk}/export/", parameters)

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]


def test_a_fault_ends_the_answer_with_an_error_and_the_reading() -> None:
    ended = []

    def pieces():
        try:
            yield b"first"
            raise OSError("The disk is gone.")
        finally:
            ended.append(True)

    async def read() -> list[bytes]:
        return [piece async for piece in from_thread(pieces())]

    with pytest.raises(OSError, match="disk"):
        asyncio.run(read())
    assert ended == [True]


def test_a_client_that_goes_away_ends_the_reading() -> None:
    ended = []

    def pieces():
        try:
            while True:
                yield b"more"
        finally:
            ended.append(True)

    async def read_one() -> bytes:
        answer = from_thread(pieces())
        first = await anext(answer)
        await answer.aclose()
        return first

    assert asyncio.run(read_one()) == b"more"
    assert ended == [True]
