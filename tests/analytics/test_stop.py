"""The end of a query before it is done, on both engines."""

import threading
import time

import ibis
import pytest

from accounts.errors import Cancelled, DeadlineExceeded
from analytics.queries import manifest, storage
from analytics.store.base import Wanted
from analytics.store.stop import Stop
from tests.analytics.events import NOON, event, store
from tests.analytics.test_store import DAY, WITHIN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine")]
# Takes minutes on any engine.
MANY = 30_000


@pytest.fixture
def heavy(project):
    """A question whose end nobody wants to wait for; told to stop as soon as it runs."""
    store(project, [event(NOON, anonymous_id=str(number)) for number in range(MANY)])
    snapshot = manifest.snapshot(project.pk, start=DAY.start, end=DAY.end)

    def ask(stop, running=threading.Event()):  # noqa: B008 (one that nobody looks at)
        with storage.reader(stop).read(snapshot, WITHIN, Wanted()) as reading:
            left, right = reading.events, reading.events.view()
            pairs = left.join(right, [left.time <= right.time]).mutate(number=ibis._.who.hash() + 1)
            running.set()
            reading.rows(pairs.aggregate(found=ibis._.number.nunique()))

    return ask


def test_a_query_that_runs_can_be_cancelled(heavy):
    stop, running = Stop(60), threading.Event()

    def cancel():
        running.wait(30)
        stop.cancel()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    began = time.monotonic()

    with pytest.raises(Cancelled):
        heavy(stop, running)

    assert time.monotonic() - began < 30
    canceller.join()


def test_all_readings_of_a_query_share_its_seconds(heavy):
    with pytest.raises(DeadlineExceeded, match=r"longer than 0\.5 seconds"):
        heavy(Stop(0.5))


def test_a_query_that_was_cancelled_reads_nothing_more(heavy):
    stop = Stop(60)
    stop.cancel()

    with pytest.raises(Cancelled):
        heavy(stop)
