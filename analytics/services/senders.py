"""Who sends events, told by the key: what the door needs to know of a project, remembered for a second."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from accounts import keys
from accounts.access import Actor, secret_key
from accounts.errors import FieldError, Invalid, PlumblineError, Unauthenticated
from accounts.models import SecretKey
from accounts.permissions import Capability
from accounts.services import key_limits
from analytics import access
from analytics.ingestion.options import Options
from analytics.ingestion.protocols.wire import Submission
from analytics.models import Project
from analytics.queries import quota
from analytics.queries.options import options_of
from analytics.queries.quota import Standing

# So long a revoked key may still work in a process that has just seen it and does not hear from Redis.
FRESH_SECONDS = 1.0
# Keys of strangers are many; they must not push out those of customers.
MOST_KNOWN = 10_000
MOST_REFUSED = 1_000

SenderKey = tuple[str, int | None]
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Sender:
    """The facts of a project that decide what becomes of its events; what else decides belongs here.

    `standing` is its organization's in the quota of the month, a moment ago; None without a quota. `limited` is
    the secret key with a limit of its own: its id, and the requests that it may send a minute.
    """

    project_id: int
    organization_id: int
    options: Options
    standing: Standing | None
    limited: tuple[int, int] | None = None


def key_of(submission: Submission) -> SenderKey:
    """By what a sender is found: the key's text and, for a secret key, the project that it names."""
    return submission.key, submission.project_id if _is_secret(submission) else None


def find(submission: Submission, *, now: datetime) -> Sender:
    """The sender of a submission.

    Raises Unauthenticated for a wrong or missing key, and for a secret key what the access door raises.
    """
    project, key = _project(submission)
    return Sender(
        project_id=project.pk,
        organization_id=project.organization_id,
        options=options_of(project),
        standing=quota.lately(project.organization_id, now=now),
        limited=(key.pk, key.requests_a_minute) if key and key.requests_a_minute else None,
    )


def take(sender: Sender) -> None:
    """Count a request of a key with a limit. Raises RateLimited; asks Redis, and only for such keys."""
    if sender.limited is not None:
        key_id, requests_a_minute = sender.limited
        key_limits.take(key_id=key_id, requests_a_minute=requests_a_minute)


def _project(submission: Submission) -> tuple[Project, SecretKey | None]:
    if not submission.key:
        raise Unauthenticated("Send a write key.")
    if not _is_secret(submission):
        return access.project_of(submission.key), None
    key = secret_key(submission.key)
    if submission.project_id is None:
        raise Invalid(
            "With a secret key, project_id says whose events they are.",
            fields=[FieldError("project_id", "Is required with a secret key.")],
        )
    actor, capability = Actor(secret_key=key), Capability.SEND_EVENTS
    return access.project(actor, project_id=submission.project_id, capability=capability), key


def _is_secret(submission: Submission) -> bool:
    return submission.allows_secret_key and submission.key.startswith(keys.SECRET_PREFIX)


class Remembered(Generic[Key, Value]):
    """Who a key is of, and the refusals, that this process learnt in the last second. Not for several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._refused: OrderedDict[Key, tuple[float, PlumblineError]] = OrderedDict()
        self.forgotten = 0

    def get(self, key: Key) -> Value | None:
        """None where it has to be asked. Raises what was raised a moment ago."""
        now = time.monotonic()
        if (found := self._known.get(key)) is not None:
            return found[1] if found[0] > now else None
        if (refused := self._refused.get(key)) is not None and refused[0] > now:
            raise refused[1].with_traceback(None)
        return None

    def forget(self) -> None:
        """Some key has ended: whoever comes next is asked for anew, also where the asking is under way."""
        self._known.clear()
        self._refused.clear()
        self.forgotten += 1

    def keep(self, key: Key, found: Value, *, asked_at: int) -> None:
        """`asked_at` is what `forgotten` was when the asking began."""
        if asked_at != self.forgotten:
            return
        self._refused.pop(key, None)
        _put(self._known, key, found, MOST_KNOWN)

    def refuse(self, key: Key, error: PlumblineError) -> None:
        self._known.pop(key, None)
        _put(self._refused, key, error, MOST_REFUSED)


def _put(entries: OrderedDict[Key, tuple[float, Value]], key: Key, value: Value, most: int) -> None:
    entries[key] = (time.monotonic() + FRESH_SECONDS, value)
    entries.move_to_end(key)
    if len(entries) > most:
        entries.popitem(last=False)
