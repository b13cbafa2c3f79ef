"""Tell a worker that work is there. A lost message costs the seconds until the next look, never a job."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

WAKE = "inference.tasks.wake"
_log = structlog.get_logger(__name__)


def wake_on_commit() -> None:
    """Send the message when the transaction is through; an unreachable broker is logged, no error."""
    transaction.on_commit(partial(_wake))


def _wake() -> None:
    try:
        current_app.send_task(WAKE, queue="inference", expires=5, retry=False)
    except OperationalError as error:
        _log.warning("inference_wake_not_sent", error=str(error))
