"""Which errors of the database are no fault of who asked: it is away, or cannot read or write its own files."""

import logging

from django.db import DatabaseError, InterfaceError, OperationalError

from accounts.errors import Unavailable

LOG = logging.getLogger(__name__)
RETRY_SECONDS = 5
# Classes of SQLSTATE: it has not the means, it is being operated on, its system failed it, it found itself broken.
_CLASSES = {"53", "57", "58", "XX"}
# How PostgreSQL says that it may not open one of its own files, as on a disk that went read-only.
_NOT_PERMITTED = "42501"


def unavailable(error: BaseException | None) -> Unavailable | None:
    """What to answer instead, and the error in the log; None for every other error."""
    if error is None or not _is_fault(error):
        return None
    LOG.warning("A request is refused, as the database does not take it: %s", error)
    return Unavailable("The database does not answer at the moment. Try again.", retry_after=RETRY_SECONDS)


def _is_fault(error: BaseException) -> bool:
    if isinstance(error, OperationalError | InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, DatabaseError) and (state[:2] in _CLASSES or state == _NOT_PERMITTED)
