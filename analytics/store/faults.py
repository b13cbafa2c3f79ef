"""What goes wrong with the files of a snapshot, as errors of the store. No Django here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import duckdb

from analytics.store.base import SnapshotGone, StoredFile, StoreFault


@contextmanager
def files_read(files: Iterable[StoredFile]) -> Iterator[None]:
    """Raises SnapshotGone where one of the files is gone; StoreFault where the disk fails them, or what spills."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        is_gone = not all(file.path.exists() for file in files)
        raise (SnapshotGone if is_gone else StoreFault)(str(error)) from error
