import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.access import SYSTEM, Actor
from accounts.errors import Conflict, Invalid, TooLarge
from analytics.ingestion import payloads
from analytics.ingestion.files import judging
from analytics.ingestion.files.formats import Format
from analytics.models import Import, ImportedTotal, InboxEntry
from analytics.models.imports import State
from analytics.queries import imports as queries
from analytics.services import import_work, ingestion, sealing, uploads
from analytics.services import imports as services
from tests.analytics import exports_of_others as others

TIME = "2026-03-01T12:00:00Z"
LINES = [{"event": f"E{n}", "user_id": f"u{n}", "timestamp": TIME} for n in range(50)]
FILE = "".join(json.dumps(line) + "\n" for line in LINES).encode()


@pytest.fixture
def upload(project, owner):
    def take(content=FILE, kind=Format.NDJSON, options=None, **fields):
        return uploads.create(
            project=project,
            kind=kind,
            name="events.ndjson",
            content=[content] if isinstance(content, bytes) else [content.encode()],
            actor=Actor(user=owner),
            options={} if options is None else options,
            **fields,
        )

    return take


@pytest.fixture
def _small_chunks(monkeypatch) -> None:
    monkeypatch.setattr(services, "CHUNK", 10)


def stored() -> list[str]:
    return [event.name for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def names() -> list[str]:
    return [line["event"] for line in LINES]


def test_a_file_is_read_to_its_end_and_then_deleted(upload, django_capture_on_commit_callbacks) -> None:
    item = upload()

    with django_capture_on_commit_callbacks(execute=True):
        more = import_work.work(import_id=item.pk)

    item.refresh_from_db()
    assert not more
    assert (item.state, item.rows, item.accepted, item.unreadable) == (State.DONE, 50, 50, 0)
    assert item.bytes_read == item.file_bytes == len(FILE)
    assert item.finished_at
    assert stored() == names()
    assert not queries.path_of(item).exists()


@pytest.mark.usefixtures("_small_chunks")
def test_slices_follow_on_each_other(upload) -> None:
    item = upload()
    slices = [import_work.work(import_id=item.pk, seconds=0) for _ in range(6)]

    item.refresh_from_db()
    assert slices == [True, True, True, True, True, False]
    assert item.state == State.DONE
    assert stored() == names()


@pytest.mark.usefixtures("_small_chunks")
@pytest.mark.parametrize("chunk", [0, 1, 4])
def test_a_worker_that_dies_anywhere_loses_and_repeats_nothing(upload, monkeypatch, chunk) -> None:
    item = upload()
    accept, calls = ingestion.accept, iter(range(100))

    def dying(**fields):
        """Dies after the events are written and before the place is."""
        accept(**fields)
        if next(calls) == chunk:
            raise SystemExit

    monkeypatch.setattr(ingestion, "accept", dying)
    with pytest.raises(SystemExit):
        import_work.work(import_id=item.pk)
    monkeypatch.setattr(ingestion, "accept", accept)
    held_by_the_dead = import_work.work(import_id=item.pk)
    Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert not held_by_the_dead
    assert import_work.to_do() == [item.pk]
    import_work.work(import_id=item.pk)
    item.refresh_from_db()
    assert (item.state, item.rows, item.accepted) == (State.DONE, 50, 50)
    assert stored() == names()


@pytest.mark.usefixtures("_small_chunks")
def test_who_lost_the_lease_writes_nothing_more(upload, monkeypatch) -> None:
    item = upload()

    def slow(rows, **fields):
        Import.objects.update(fence=99)
        return judging.judge(rows, **fields)

    monkeypatch.setattr(import_work, "judge", slow)

    assert not import_work.work(import_id=item.pk)
    assert stored() == []


@pytest.mark.usefixtures("_small_chunks")
def test_a_cancelled_import_stops_and_keeps_what_it_brought(upload, django_capture_on_commit_callbacks) -> None:
    item = upload()
    import_work.work(import_id=item.pk, seconds=0)
    with django_capture_on_commit_callbacks(execute=True):
        uploads.cancel(item=item, actor=SYSTEM)

    assert not import_work.work(import_id=item.pk)
    assert stored() == names()[:10]
    assert not queries.path_of(item).exists()
    with pytest.raises(Conflict):
        uploads.cancel(item=item, actor=SYSTEM)


def test_what_cannot_be_read_is_listed_and_bounded(upload, monkeypatch) -> None:
    monkeypatch.setattr(import_work, "MOST_COMPLAINTS", 3)
    item = upload(FILE + b"rubbish\n" * 10)
    import_work.work(import_id=item.pk)

    item.refresh_from_db()
    assert (item.rows, item.accepted, item.unreadable) == (60, 50, 10)
    assert [entry["line"] for entry in item.complaints] == [51, 52, 53]
    assert item.complaints[0]["reason"].startswith("not JSON")


def test_a_file_that_breaks_off_fails_and_can_be_tried_again(upload) -> None:
    item = upload(others.matomo().encode(), Format.MATOMO)
    queries.path_of(item).write_bytes(others.matomo().encode()[:-20])
    import_work.work(import_id=item.pk)
    item.refresh_from_db()
    failed, problem = item.state, item.problem
    queries.path_of(item).write_text(others.matomo())
    uploads.retry(item=item, actor=SYSTEM)
    import_work.work(import_id=item.pk)

    item.refresh_from_db()
    assert failed == State.FAILED
    assert "is cut off" in problem
    assert (item.state, item.accepted, item.problem) == (State.DONE, 3, "")
    with pytest.raises(Conflict):
        uploads.retry(item=item, actor=SYSTEM)


def test_an_import_that_always_stops_at_the_same_place_fails_in_the_end(upload, monkeypatch) -> None:
    item = upload()
    monkeypatch.setattr(import_work, "LEASE", timedelta(0))

    def broken(rows, **fields):
        raise RuntimeError

    monkeypatch.setattr(import_work, "judge", broken)
    for _ in range(import_work.MOST_ATTEMPTS):
        with pytest.raises(RuntimeError):
            import_work.work(import_id=item.pk)

    assert not import_work.work(import_id=item.pk)
    item.refresh_from_db()
    assert item.state == State.FAILED
    assert "stopped 5 times" in item.problem


def test_only_so_many_are_worked_on_at_once(upload) -> None:
    items = [upload() for _ in range(3)]
    later = timezone.now() + timedelta(minutes=1)
    Import.objects.filter(pk__in=[item.pk for item in items[:2]]).update(state=State.RUNNING, lease_until=later)

    assert not import_work.work(import_id=items[2].pk)
    assert import_work.to_do() == [items[2].pk]


def test_an_import_waits_while_the_inbox_is_full(upload, monkeypatch) -> None:
    monkeypatch.setattr(import_work, "MOST_WAITING", 20)
    item = upload()

    assert not import_work.work(import_id=item.pk, seconds=0)
    assert import_work.to_do() == [item.pk]


def test_plausibles_totals_equal_the_export_however_often_it_is_imported(upload, project) -> None:
    items = [upload(others.plausible(), Format.PLAUSIBLE) for _ in range(2)]
    for item in items:
        import_work.work(import_id=item.pk)

    item = Import.objects.get(pk=items[-1].pk)
    assert (item.accepted, item.unreadable) == (6, 1)
    days = ImportedTotal.objects.filter(project=project, topic="visitors").order_by("day")
    assert [(str(row.day), row.figures["visitors"], row.figures["pageviews"]) for row in days] == [
        ("2026-05-01", 10, 25),
        ("2026-05-02", 8, 9),
    ]
    assert InboxEntry.objects.count() == 0


def test_the_same_file_again_stores_nothing_twice(upload, project) -> None:
    sealed = []
    for _ in range(2):
        import_work.work(import_id=upload().pk)
        sealed.append(sealing.seal_project(project_id=project.pk))

    assert [(report.events, report.duplicates) for report in sealed] == [(50, 0), (0, 50)]


@pytest.mark.parametrize(
    ("content", "kind", "options", "field"),
    [
        (b"rubbish\n", Format.NDJSON, {}, "file"),
        (b"", Format.NDJSON, {}, "file"),
        (b"a,b\n1,2\n", Format.CSV, {"event": "X", "columns": {"user_id": "c"}}, "file"),
        (b"a,b\n1,2\n", Format.CSV, {"event": "X"}, "options"),
        (b"a,b\n1,2\n", Format.CSV, {"event": "X", "columns": {"colour": "a"}}, "options.columns"),
        (FILE, Format.NDJSON, {"colour": "red"}, "options.colour"),
        (FILE, Format.NDJSON, {"time_zone": "Mars"}, "options.time_zone"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(upload, content, kind, options, field) -> None:
    with pytest.raises(Invalid) as raised:
        upload(content, kind, options)

    assert [error.field for error in raised.value.fields] == [field]
    assert Import.objects.count() == 0
    assert list(queries.folder().iterdir()) == []


def test_an_upload_is_bounded(upload, settings, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OPEN", 1)
    upload()
    with pytest.raises(Conflict):
        upload()
    Import.objects.all().delete()
    settings.IMPORT_BYTES = 100
    with pytest.raises(TooLarge):
        upload()


def test_a_table_waits_for_its_columns_to_be_chosen(upload, project, owner) -> None:
    content = b"Customer ID,Date,Event,amount\nc1,2026-03-01T08:00:00,Paid,2.5\n"
    item = uploads.create(
        project=project, kind=Format.CSV, name="t.csv", content=[content], actor=Actor(user=owner)
    )

    assert item.state == State.UPLOADED
    assert item.options == {"columns": {"user_id": "Customer ID", "time": "Date", "event": "Event"}}
    assert not import_work.work(import_id=item.pk)
    uploads.start(item=item, options=item.options, actor=SYSTEM)
    import_work.work(import_id=item.pk)
    assert stored() == ["Paid"]
    item.refresh_from_db()
    with pytest.raises(Conflict):
        uploads.start(item=item, options=item.options, actor=SYSTEM)


def test_forgotten_uploads_and_old_files_are_swept(upload, project, owner) -> None:
    running, forgotten, failed = upload(), upload(), upload()
    Import.objects.filter(pk=forgotten.pk).update(
        state=State.UPLOADED, created_at=timezone.now() - timedelta(days=2)
    )
    Import.objects.filter(pk=failed.pk).update(state=State.FAILED, finished_at=timezone.now() - timedelta(days=8))

    swept = uploads.sweep(now=timezone.now() + timedelta(days=1, minutes=1))

    assert swept == 2
    assert [path.name for path in queries.folder().iterdir()] == [str(running.pk)]
    forgotten.refresh_from_db()
    assert forgotten.state == State.CANCELLED
