"""Who is erased is gone from the inbox, the database and the files; who comes back is somebody new."""

import threading
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction
from django.utils import timezone
from msgspec import structs

from accounts.access import Actor
from accounts.errors import IdempotencyMismatch, Invalid, Unavailable
from analytics.models import Erasure, InboxEntry, Manifest, PersonLink, PersonTraits, Segment
from analytics.queries import live, storage
from analytics.queries.erasures import hash_of
from analytics.services import compaction, erasing, erasures, erasures_in_inbox, ingestion, sealing, segment_eraser
from analytics.services.batches import Batch
from analytics.services.live import announce
from analytics.store.merge import merge
from tests import factories
from tests.analytics.engines import rows_of
from tests.analytics.events import NOON, event, micros, store

pytestmark = pytest.mark.django_db
SOON, SETTLED = timedelta(minutes=2), timedelta(minutes=20)


def erase(project, person="ada", **options):
    return erasures.request(project=project, actor=Actor(), person=person, **options)[0]


def work(project, *, after=SOON):
    """What beat does once, so long after now; the number of erasures that end."""
    return erasing.erase_project(project_id=project.pk, now=timezone.now() + after)


def finish(project):
    """Rewriting, the sweep, and the end."""
    work(project)
    compaction.sweep(now=timezone.now() + SETTLED)
    return work(project, after=SETTLED)


def on_disk(project):
    """Every id in every file of the project, by a plain reader."""
    columns = ["person", "anonymous_id", "user_id", "previous_id"]
    files = (storage.folder() / str(project.pk)).rglob("*.parquet")
    return {
        value
        for path in files
        for row in pq.read_table(path, columns=columns).to_pylist()
        for value in row.values()
    }


@pytest.fixture
def ada(project):
    """Ada on two devices and under an old id, Bob, and a namesake of Ada in another project."""
    store(project, [event(message_id="m1", anonymous_id="phone"), event(message_id="m2", user_id="bob")])
    store(
        project,
        [
            event(message_id="m3", kind="identify", anonymous_id="phone", user_id="ada"),
            event(message_id="m4", kind="identify", anonymous_id="laptop", user_id="ada"),
            event(message_id="m5", kind="alias", previous_id="lovelace", user_id="ada"),
        ],
    )
    other = factories.ProjectFactory.create()
    store(other, [event(message_id="m1", user_id="ada")])
    return other


def test_every_id_of_the_person_is_meant_whichever_is_named(project, ada):
    found = erase(project, "laptop")

    assert (found.asked_for, found.person) == ("laptop", "ada")
    assert sorted(found.ids) == ["ada", "laptop", "lovelace", "phone"]
    assert found.hashes[0] == hash_of(project.pk, "laptop")


def test_the_request_forgets_links_and_traits_and_raises_the_version(project, ada):
    facts = {"project": project, "first_seen": NOON, "last_seen": NOON}
    PersonTraits.objects.create(person="ada", traits={"plan": "pro"}, **facts)
    PersonTraits.objects.create(person="bob", traits={"plan": "free"}, **facts)
    version = Manifest.objects.get(project=project).version

    found = erase(project)

    assert (found.links, found.traits) == (3, 1)
    assert not PersonLink.objects.filter(project=project).exists()
    assert [item.person for item in PersonTraits.objects.all()] == ["bob"]
    assert Manifest.objects.get(project=project).version == version + 1


def test_the_live_list_is_emptied(project, django_capture_on_commit_callbacks):
    announce(project_id=project.pk, events=[event(user_id="ada")])

    with django_capture_on_commit_callbacks(execute=True):
        erase(project)

    assert live.recent(project=project) == ()


def test_files_lose_the_person_and_nobody_else(project, ada):
    found = erase(project)

    assert finish(project) == 1

    found.refresh_from_db()
    assert rows_of(project) == [("m2",)]
    assert on_disk(project) == {"bob", ""}
    assert rows_of(ada) == [("m1",)]
    assert found.status == Erasure.Status.DONE


def test_the_receipt_says_what_went_and_how_that_was_verified_and_names_nobody(project, ada):
    found = erase(project)

    finish(project)

    found.refresh_from_db()
    assert found.receipt["erased"] == {
        "events": 4,
        "segments_rewritten": 2,
        "waiting_events": 0,
        "links": 3,
        "traits": 0,
        "live_list": "emptied",
    }
    verified = found.receipt["verified"]
    assert (verified["files_read"], verified["rows_read"], verified["rows_found"]) == (1, 1, 0)
    assert verified["replaced_files_gone"] == 2
    assert found.receipt["person"] == hash_of(project.pk, "ada")
    assert (found.ids, found.person, found.asked_for) == ([], "", "")
    assert not any(name in str(found.receipt) for name in ("laptop", "phone", "lovelace"))


def test_it_is_not_done_while_a_replaced_file_is_there(project, ada):
    found = erase(project)
    work(project)

    assert work(project, after=SETTLED) == 0

    found.refresh_from_db()
    assert (found.status, found.finished_at) == (Erasure.Status.RUNNING, None)


def test_it_is_not_done_while_a_file_of_no_segment_has_a_row(project, ada):
    path = storage.path_of(Segment.objects.filter(project=project).earliest("created_at"))
    content = path.read_bytes()
    stray = path.with_name("00000000-0000-0000-0000-000000000001.parquet")
    erase(project)
    work(project)
    compaction.sweep(now=timezone.now() + SETTLED)
    stray.write_bytes(content)

    assert work(project, after=SETTLED) == 0
    stray.unlink()
    assert work(project, after=SETTLED) == 1


@pytest.mark.usefixtures("engine")
def test_somebody_who_is_not_there_is_erased_too(project):
    erase(project, "nobody")

    assert finish(project) == 1


@pytest.mark.usefixtures("engine")
def test_rows_that_name_the_person_under_somebody_else_go_too(project):
    store(project, [event(message_id="a", kind="identify", anonymous_id="shared", user_id="bob")])
    store(project, [event(message_id="b", anonymous_id="shared", user_id="ada")])
    erase(project)

    finish(project)

    assert rows_of(project) == [("a",)]


@pytest.mark.usefixtures("engine")
def test_what_waits_in_the_inbox_is_never_sealed(project):
    ingestion.accept(
        project=project, events=[event(message_id="a", user_id="ada"), event(message_id="b", user_id="bob")]
    )
    found = erase(project)

    report = sealing.seal_project(project_id=project.pk)

    found.refresh_from_db()
    assert rows_of(project) == [("b",)]
    assert (report.events, report.duplicates, found.waiting_events) == (1, 0, 1)


def test_the_files_wait_for_the_inbox(project, ada):
    found = erase(project)
    InboxEntry.objects.create(project=project, events=1, payload=b"")

    work(project)

    found.refresh_from_db()
    assert found.rewritten_at is None


@pytest.mark.usefixtures("engine")
def test_an_id_that_only_a_waiting_event_tells_of_is_the_person_s(project):
    store(project, [event(message_id="a", anonymous_id="tablet"), event(message_id="b", anonymous_id="taken")])
    store(project, [event(message_id="c", kind="identify", anonymous_id="taken", user_id="bob")])
    waiting = [
        event(kind="identify", anonymous_id="tablet", user_id="ada"),
        event(kind="identify", anonymous_id="taken", user_id="ada"),
    ]
    ingestion.accept(project=project, events=waiting)
    found = erase(project)

    sealing.seal_project(project_id=project.pk)
    finish(project)

    found.refresh_from_db()
    assert rows_of(project) == [("b",), ("c",)]
    assert (len(found.hashes), found.waiting_events, found.events) == (2, 2, 1)
    assert dict(PersonLink.objects.values_list("alias", "person")) == {"taken": "bob"}


@pytest.mark.usefixtures("engine")
def test_who_comes_back_is_somebody_new(project, ada):
    found = erase(project)
    later = found.requested_at + timedelta(seconds=1)
    back = event(later, message_id="new", kind="identify", anonymous_id="phone", user_id="ada")
    store(project, [back])

    finish(project)

    assert rows_of(project, "message_id, user_id") == [("m2", "bob"), ("new", "ada")]
    assert dict(PersonLink.objects.filter(project=project).values_list("alias", "person")) == {"phone": "ada"}


def again(erasure):
    """The first message, received once more after the request."""
    return structs.replace(event(message_id="m1", user_id="ada"), received_at=micros(erasure.requested_at) + 1)


@pytest.mark.usefixtures("engine")
def test_a_message_sent_again_falls_as_a_duplicate_while_its_row_is_there(project, ada):
    found = erase(project)

    assert store(project, [again(found)]).duplicates == 1


@pytest.mark.usefixtures("engine")
def test_a_message_sent_again_after_the_end_is_new(project, ada):
    found = erase(project)
    finish(project)

    store(project, [again(found)])

    assert rows_of(project) == [("m1",), ("m2",)]


def test_a_compaction_that_began_before_brings_nothing_back(project, ada, monkeypatch):
    erase(project)

    def meanwhile(*args, **kwargs):
        monkeypatch.setattr("analytics.services.compaction.merge", merge)
        work(project)
        return merge(*args, **kwargs)

    monkeypatch.setattr("analytics.services.compaction.merge", meanwhile)
    merged = compaction.compact_project(project_id=project.pk, now=timezone.now() + timedelta(days=60))

    assert merged == 0
    assert rows_of(project) == [("m2",)]
    compaction.sweep(now=timezone.now() + SETTLED)
    assert work(project, after=SETTLED) == 0
    compaction.sweep(now=timezone.now() + timedelta(hours=2))
    assert work(project, after=timedelta(hours=2)) == 1
    assert on_disk(project) == {"bob", ""}


def test_a_rewriting_that_compaction_overtook_is_done_again(project, ada, monkeypatch):
    found = erase(project)

    def meanwhile(*args, **kwargs):
        monkeypatch.setattr("analytics.services.compaction.merge", merge)
        compaction.compact_project(project_id=project.pk, now=timezone.now() + timedelta(days=60))
        return merge(*args, **kwargs)

    monkeypatch.setattr("analytics.services.compaction.merge", meanwhile)
    work(project)

    found.refresh_from_db()
    assert rows_of(project) == [("m2",)]
    assert (found.events, found.segments) == (4, 1)


def test_two_erasures_share_the_way_through_the_files(project, ada):
    first, second = erase(project), erase(project, "bob")

    assert finish(project) == 2

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.events, second.events) == (4, 1)
    assert not Segment.objects.live().filter(project=project).exists()
    assert on_disk(project) == set()


def test_a_fault_is_shown_and_tried_again(project, ada, monkeypatch, caplog):
    found = erase(project)

    def full_disk(*_args, **_kwargs):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("analytics.services.compaction.merge", full_disk)
        work(project)
    found.refresh_from_db()
    assert (found.status, found.fault) == (Erasure.Status.FAILED, "No space left on device")
    assert "Erasing failed" in caplog.text

    assert finish(project) == 1


def test_without_redis_it_is_not_done(project, ada, silent_redis, caplog):
    found = erase(project)

    work(project)

    found.refresh_from_db()
    assert (found.status, found.fault) == (Erasure.Status.FAILED, "Redis does not answer.")


def test_of_two_workers_one_goes_away(project, ada):
    found = erase(project)
    Erasure.objects.update(leased_until=timezone.now() + timedelta(minutes=10))

    assert work(project) == 0

    found.refresh_from_db()
    assert found.rewritten_at is None


def test_the_lease_is_renewed_for_every_file_that_is_rewritten(project, ada, monkeypatch):
    found = erase(project)
    left = []

    def replace(**given):
        until = Erasure.objects.values_list("leased_until", flat=True).get(pk=found.pk)
        assert until is not None
        left.append(until - timezone.now())
        # What a slow file takes.
        Erasure.objects.update(leased_until=timezone.now())
        return compaction.replace(**given)

    monkeypatch.setattr(segment_eraser, "replace", replace)
    work(project)

    assert [round(item / timedelta(minutes=1)) for item in left] == [30, 30]


def test_the_same_key_finds_the_first_even_when_it_is_done(project, ada):
    first = erase(project, idempotency_key="k")
    finish(project)

    assert erase(project, idempotency_key="k").pk == first.pk
    with pytest.raises(IdempotencyMismatch):
        erase(project, "bob", idempotency_key="k")


@pytest.mark.parametrize("person", ["", "  ", "x" * 256, ["ada"]])
def test_what_no_event_can_carry_is_refused(project, person):
    with pytest.raises(Invalid) as caught:
        erase(project, person)

    assert [item.field for item in caught.value.fields] == ["person"]


def test_it_is_late_after_a_day(project):
    found = erase(project)

    assert not found.is_late
    found.requested_at -= timedelta(hours=24, seconds=1)
    assert found.is_late


def test_what_could_not_be_read_goes_after_two_weeks_and_the_receipt_says_so(project):
    folder = storage.unreadable_folder() / str(project.pk)
    folder.mkdir(parents=True)
    (folder / "7.zst").write_bytes(b"?")
    found = erase(project)

    finish(project)

    found.refresh_from_db()
    assert found.receipt["not_searched"]["unreadable_entries"] == 1
    assert compaction.sweep(now=timezone.now() + timedelta(days=13)) == 0
    assert compaction.sweep(now=timezone.now() + timedelta(days=15)) == 1


def test_sealing_pays_one_query_where_nobody_is_erased(project, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert erasures_in_inbox.leave_out(project_id=project.pk, batch=Batch([event()], [{}])).events


@pytest.mark.django_db(transaction=True)
def test_a_request_does_not_wait_for_ever_for_who_writes(project, monkeypatch):
    monkeypatch.setattr(erasures, "_PATIENCE", "100ms")
    caught = []

    def other():
        with pytest.raises(Unavailable) as refusal:
            erase(project)
        caught.append(refusal.value)
        connection.close()

    with transaction.atomic():
        Manifest.objects.select_for_update().get(project=project)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert [error.retry_after for error in caught] == [10]
    assert not Erasure.objects.exists()
