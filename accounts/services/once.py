"""Answer a request that comes again as it was answered first (`accounts.idempotency`).

    claim = once.begin(organization_id=…, scope="events:42", request=request, now=now)
    if isinstance(claim, bytes):
        return claim
    …
    once.end(claim=claim, answer=answer)

Keeping the answer is not part of the work's own transaction: whoever dies between the two lets the key go after
RUNNING_FOR, and the work is done again. It has to be such that this does no harm.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.errors import Conflict
from accounts.idempotency import KEPT_FOR, Once, mismatch
from accounts.models import KeptAnswer

# Longer than any request may take.
RUNNING_FOR = timedelta(seconds=60)
_RETRY_SECONDS = 2
# The row is ours where it is new, over a day old, or of the same request that somebody left unfinished.
_CLAIM = """
INSERT INTO accounts_keptanswer AS kept (organization_id, scope, key, body_hash, started_at, answer)
VALUES (%(organization)s, %(scope)s, %(key)s, %(body_hash)s, %(now)s, NULL)
ON CONFLICT (organization_id, scope, key) DO UPDATE
SET body_hash = excluded.body_hash, started_at = excluded.started_at, answer = NULL
WHERE kept.started_at <= %(over)s
   OR (kept.answer IS NULL AND kept.body_hash = excluded.body_hash AND kept.started_at <= %(left)s)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a key; `started_at` tells it from the claim of whoever came later."""

    row: int
    started_at: datetime


def begin(*, organization_id: int, scope: str, request: Once, now: datetime) -> Claim | bytes:
    """The right to do the work, or the answer that it had.

    Raises IdempotencyMismatch for another body, and Conflict while the first request is still running.
    """
    values: dict[str, str | int | datetime] = {
        "organization": organization_id,
        "scope": scope,
        "key": request.key,
        "body_hash": request.body_hash,
        "now": now,
        "over": now - KEPT_FOR,
        "left": now - RUNNING_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        if (row := cursor.fetchone()) is not None:
            return Claim(row[0], now)
    return _earlier(organization_id, scope, request)


def _earlier(organization_id: int, scope: str, request: Once) -> bytes:
    kept = KeptAnswer.objects.filter(organization=organization_id, scope=scope, key=request.key).first()
    if kept is not None and kept.body_hash != request.body_hash:
        raise mismatch()
    if kept is None or kept.answer is None:
        raise Conflict("The first request with this Idempotency-Key is still running.", retry_after=_RETRY_SECONDS)
    return bytes(kept.answer)


def end(*, claim: Claim, answer: bytes | None) -> None:
    """Keep the answer; without one, as after a failure, the key is free again."""
    ours = KeptAnswer.objects.filter(pk=claim.row, started_at=claim.started_at)
    if answer is None:
        ours.delete()
    else:
        ours.update(answer=answer)


def forget_old() -> None:
    """Delete what is over a day old."""
    KeptAnswer.objects.filter(started_at__lte=timezone.now() - KEPT_FOR).delete()
