"""Accepted events become segments: each once, whatever happens on the way."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from analytics.contracts import DropReason
from analytics.models import DropCount, InboxEntry, Manifest, Segment
from analytics.queries import storage
from analytics.services import ingestion, sealing
from analytics.store import files
from tests import factories
from tests.analytics.engines import rows_of
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db


def test_events_leave_the_inbox_and_are_in_a_segment_of_their_day(project):
    events = [event(NOON), event(NOON + timedelta(days=1))]

    report = store(project, events)

    segments = Segment.objects.filter(project=project).order_by("first_day")
    assert [str(item.first_day) for item in segments] == ["2026-11-20", "2026-11-21"]
    assert [item.rows for item in segments] == [1, 1]
    assert rows_of(project) == [(item.message_id,) for item in events]
    assert not InboxEntry.objects.exists()
    assert (report.entries, report.events, report.segments) == (1, 2, 2)


@pytest.mark.usefixtures("engine")
def test_the_manifest_says_what_is_in_and_up_to_when(project):
    ingestion.accept(project=project, events=[event()], received_at=NOON)

    sealing.seal_project(project_id=project.pk)

    manifest = Manifest.objects.get(project=project)
    assert (manifest.version, manifest.data_up_to) == (1, NOON)


@pytest.mark.usefixtures("engine")
def test_a_message_sent_again_is_stored_once_and_counted(project):
    again = event(message_id="same")
    store(project, [again, again, event(NOON + timedelta(hours=14), message_id="same")])

    report = store(project, [again, event()])

    assert [row for row in rows_of(project) if row == ("same",)] == [("same",)]
    assert report.duplicates == 1
    assert DropCount.objects.get(project=project, reason=DropReason.DUPLICATE).events == 3


def test_a_month_of_an_import_is_one_segment(project):
    store(project, [event(NOON - timedelta(days=day)) for day in range(10)])

    segment = Segment.objects.get(project=project)
    assert (str(segment.first_day), str(segment.last_day), segment.rows) == ("2026-11-11", "2026-11-20", 10)


def test_properties_become_columns_by_type(project):
    properties = {
        "Price": 5,
        "price": 1.5,
        "plan": "pro",
        "trial": True,
        "tags": ["a"],
        "nothing": None,
        "é\"'": "ü",
    }
    store(project, [event(properties=properties), event(properties={"plan": 7, "big": 10**400})])

    segment = Segment.objects.get(project=project)
    assert segment.property_columns == [
        "n:^price", "n:plan", "n:price", "n:trial", "t:plan", "t:trial", "t:é\"'",
    ]  # fmt: skip
    assert rows_of(project, '"n:^price", "n:price", "t:plan", "n:plan", "n:trial", "t:trial"') == [
        (5.0, 1.5, "pro", None, 1.0, "true"),
        (None, None, None, 7.0, None, None),
    ]


def test_whole_numbers_that_no_float_holds_come_near(project):
    store(project, [event(properties={"id": 2**60 + 1, "score": 1}), event(properties={"score": 0.5})])

    assert sorted(rows_of(project, '"n:id", "n:score"'), key=str) == [(2.0**60, 1.0), (None, 0.5)]


def test_an_idle_pass_costs_one_query(project, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert sealing.seal_all() == []


@pytest.mark.usefixtures("engine")
def test_an_entry_that_cannot_be_read_is_put_aside_and_the_rest_is_sealed(project, caplog):
    InboxEntry.objects.create(project=project, events=1, payload=b"not zstandard")
    good = event()

    report = store(project, [good])

    assert (report.unreadable, report.events) == (1, 1)
    assert rows_of(project) == [(good.message_id,)]
    (kept,) = (storage.folder().parent / "unreadable" / str(project.pk)).iterdir()
    assert kept.read_bytes() == b"not zstandard"
    assert "cannot be read" in caplog.text


def test_one_project_s_fault_does_not_stop_another(project, monkeypatch, caplog):
    other = factories.ProjectFactory.create()
    ingestion.accept(project=project, events=[event()])
    ingestion.accept(project=other, events=[event()])
    real = files.write

    def full_disk(table, path):
        if path.is_relative_to(storage.folder() / str(project.pk)):
            raise OSError("No space left on device")
        return real(table, path)

    monkeypatch.setattr(files, "write", full_disk)
    sealing.seal_all()

    assert [item.project_id for item in InboxEntry.objects.all()] == [project.pk]
    assert len(rows_of(other)) == 1
    assert "Sealing failed" in caplog.text


class PowerCut(BaseException):
    """What no code catches."""


@pytest.mark.parametrize(
    ("module", "step"),
    [
        ("analytics.services.sealing.read", "before anything"),
        ("analytics.services.identity.resolve", "before the files"),
        ("analytics.store.files.settle", "with a file under its temporary name"),
        ("analytics.services.sealing._advance", "with everything but the commit"),
    ],
)
def test_a_crash_loses_nothing_and_doubles_nothing(project, monkeypatch, module, step):
    ingestion.accept(project=project, events=[event(message_id="a", user_id="u"), event(message_id="b")])

    def cut(*_args, **_kwargs):
        raise PowerCut(step)

    with monkeypatch.context() as patch:
        patch.setattr(module, cut)
        with pytest.raises(PowerCut), transaction.atomic():
            sealing.seal_project(project_id=project.pk)
    assert rows_of(project) == []
    sealing.seal_project(project_id=project.pk)

    assert rows_of(project) == [("a",), ("b",)]
    assert not InboxEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("engine")
def test_of_two_sealers_one_goes_away(project):
    ingestion.accept(project=project, events=[event(message_id="a")])
    reports = []

    def other():
        reports.append(sealing.seal_project(project_id=project.pk))
        connection.close()

    with transaction.atomic():
        Manifest.objects.select_for_update().get(project=project)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        ours = sealing.seal_project(project_id=project.pk)

    assert [report.entries for report in reports] == [0]
    assert ours.entries == 1
    assert rows_of(project) == [("a",)]
