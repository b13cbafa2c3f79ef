"""The manifest against the files: what is wrong is found, repaired where it can be, and never silently dropped."""

import io
import json
import os
import time
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from analytics.models import InboxEntry, Manifest, Segment
from analytics.queries import storage
from analytics.services import compaction
from analytics.store.files import summary_path
from tests.analytics.engines import LATER
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db


def check(project, *options):
    """Exit code and the report."""
    out = io.StringIO()
    try:
        call_command("store", "check", "--json", "--project", str(project.pk), *options, stdout=out)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def faults(report):
    return [(problem["fault"], problem["repaired"]) for problem in report["problems"]]


@pytest.fixture
def segment(project):
    store(project, [event(NOON, message_id="a", properties={"price": 1}), event(NOON, message_id="b")])
    return Segment.objects.get(project=project)


@pytest.fixture
def merged(project):
    """A segment with a summary, from compaction."""
    store(project, [event(NOON, message_id="a", properties={"price": 1})])
    store(project, [event(NOON + timedelta(hours=2), message_id="b")])
    compaction.compact_project(project_id=project.pk, now=LATER)
    return Segment.objects.live().get(project=project)


def test_what_is_whole_has_no_problem(project, merged):
    code, report = check(project)

    assert (code, report["problems"], report["left"]) == (0, [], 0)
    assert (report["segments"], report["events"], report["bytes"]) == (1, 2, merged.bytes)


def test_a_missing_file_is_reported_and_given_up_only_when_told(project, segment):
    version = Manifest.objects.get(project=project).version
    storage.path_of(segment).unlink()

    assert (check(project)[0], faults(check(project)[1])) == (1, [("missing file", None)])
    assert faults(check(project, "--repair")[1]) == [("missing file", None)]
    assert Segment.objects.live().get() == segment

    code, report = check(project, "--give-up")

    assert (code, faults(report)) == (0, [("missing file", "given up")])
    assert not Segment.objects.live().exists()
    assert Manifest.objects.get(project=project).version == version + 1


def test_giving_up_touches_nothing_else(project, merged):
    summary_path(storage.path_of(merged)).unlink()

    assert faults(check(project, "--give-up")[1]) == [("missing summary", None)]


def test_a_file_that_is_cut_off_is_unreadable_and_stays(project, segment):
    path = storage.path_of(segment)
    path.write_bytes(path.read_bytes()[:-20])

    code, report = check(project, "--repair", "--give-up")

    assert (code, faults(report)) == (1, [("unreadable file", None)])
    assert path.exists()


def test_a_damaged_page_is_found_by_the_checksum(project, segment):
    path = storage.path_of(segment)
    content = bytearray(path.read_bytes())
    content[8] ^= 0xFF
    path.write_bytes(bytes(content))

    assert check(project, "--quick")[0] == 0
    code, report = check(project, "--repair")

    assert code == 1
    assert {fault for fault, _ in faults(report)} <= {"unreadable file", "wrong checksum"}
    assert report["left"] == 1


def test_facts_that_are_wrong_in_the_manifest_are_taken_from_a_whole_file(project, segment):
    Segment.objects.update(
        rows=7, bytes=1, last_day="2026-11-25", first_day="2026-11-25", property_columns=["t:x"]
    )

    found = faults(check(project)[1])
    code, _ = check(project, "--repair")

    assert [fault for fault, _ in found] == [
        "wrong size", "wrong number of rows", "events outside of its days", "wrong columns",
    ]  # fmt: skip
    assert code == 0
    segment.refresh_from_db()
    assert (segment.rows, str(segment.first_day), segment.property_columns) == (2, "2026-11-20", ["n:price"])
    assert check(project) == (0, {"segments": 1, "events": 2, "bytes": segment.bytes, "left": 0, "problems": []})


def test_a_missing_summary_is_written_again(project, merged):
    summary = summary_path(storage.path_of(merged))
    before = pq.read_table(summary)
    summary.unlink()

    assert faults(check(project)[1]) == [("missing summary", None)]
    assert check(project, "--repair")[0] == 0
    assert pq.read_table(summary) == before
    assert check(project)[0] == 0


def test_a_wrong_summary_is_written_again(project, merged):
    summary = summary_path(storage.path_of(merged))
    pq.write_table(pq.read_table(summary).slice(1), summary)

    assert ("wrong summary", None) in faults(check(project)[1])
    assert check(project, "--repair")[0] == 0
    assert pq.read_table(summary).num_rows == 2
    assert check(project)[0] == 0


def test_an_old_file_of_no_segment_is_reported_and_deleted(project, segment):
    path = storage.path_of(segment)
    strays = [path.with_name(f"00000000-0000-0000-0000-00000000000{n}.parquet") for n in (1, 2)]
    for stray in strays:
        stray.write_bytes(b"")
    two_hours_ago = time.time() - 7200
    os.utime(strays[0], (two_hours_ago, two_hours_ago))

    assert faults(check(project)[1]) == [("file of no segment", None)]
    assert check(project, "--repair")[0] == 0
    assert [stray.exists() for stray in strays] == [False, True]


def test_the_sweep_leaves_strays_alone_while_told_to_keep_them(project, segment):
    stray = storage.path_of(segment).with_suffix(".forming")
    stray.write_bytes(b"")
    os.utime(stray, (0, 0))
    (storage.folder() / compaction.KEEP).touch()

    assert compaction.sweep() == 0
    assert stray.exists()


def test_entries_that_cannot_be_read_are_reported(project):
    InboxEntry.objects.create(project=project, events=1, payload=b"rubbish")
    folder = storage.unreadable_folder() / str(project.pk)
    folder.mkdir(parents=True)
    (folder / "5.zst").write_bytes(b"rubbish")

    code, report = check(project, "--repair")

    assert code == 1
    assert faults(report) == [("unreadable inbox entry", None), ("inbox entry put aside", None)]


def test_the_report_in_words(project, segment):
    out = io.StringIO()
    storage.path_of(segment).unlink()

    with pytest.raises(CommandError, match="1 problems are left"):
        call_command("store", "check", stdout=out)

    assert f"project {project.pk}, {segment.pk}: missing file" in out.getvalue()
    assert "1 problems, 0 repaired." in out.getvalue()


def test_no_such_project_is_a_sentence():
    with pytest.raises(CommandError, match="There is no project 7"):
        call_command("store", "check", "--project", "7")
