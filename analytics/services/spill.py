"""What queries write beside the store, and a process that was killed left there."""

import shutil
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from analytics.queries import storage
from analytics.store.sql import tables

# A query waits for its turn as long as it may run, and may begin anew.
KEPT = timedelta(hours=1)
_AGAIN = 4


def sweep(*, now: datetime | None = None) -> int:
    """Delete rooms of SQL queries that nobody can be in any more; how many.

    DuckDB deletes what its own processes left.
    """
    before = (now or timezone.now()) - KEPT - timedelta(seconds=_AGAIN * settings.QUERY_SECONDS)
    old = tables.rooms(storage.folder(), before)
    for room in old:
        shutil.rmtree(room, ignore_errors=True)
    return len(old)
