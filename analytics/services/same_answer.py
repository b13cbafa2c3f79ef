"""Requests for events that come again with the same Idempotency-Key."""

import logging
from datetime import datetime

from django.db import Error

from accounts.errors import Unavailable
from accounts.idempotency import Once
from accounts.services import once
from accounts.services.once import Claim
from analytics.services.senders import Sender

LOG = logging.getLogger(__name__)


def begin(*, sender: Sender, request: Once, now: datetime) -> Claim | bytes:
    """The right to keep the events, or the answer that they had. Raises as `once.begin` does, and Unavailable."""
    try:
        return once.begin(
            organization_id=sender.organization_id, scope=f"events:{sender.project_id}", request=request, now=now
        )
    except Error as error:
        LOG.warning("Events are refused, as their Idempotency-Key cannot be looked up: %s", error)
        raise Unavailable("Events cannot be written at the moment. Send them again.", retry_after=5) from error


def end(*, claim: Claim, answer: bytes | None) -> None:
    """Keep the answer, if there is one. Where that fails the events are kept all the same."""
    try:
        once.end(claim=claim, answer=answer)
    except Error as error:
        LOG.warning("The answer to an Idempotency-Key cannot be kept: %s", error)
