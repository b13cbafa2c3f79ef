"""Tell a worker that work is there. A lost message costs the seconds until the next look, never a job."""

import functools

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

# A list in Redis on which runners wait, each message for one of them: a task of Celery's comes some 8 ms later.
WAKES = "inference:wakes"
DELIVER = "inference.tasks.deliver_webhooks"
_SECONDS = 2.0
_log = structlog.get_logger(__name__)


def wake_on_commit() -> None:
    """Send the message when the transaction is through; a Redis that does not answer is logged, no error."""
    transaction.on_commit(_wake)


def deliver_on_commit() -> None:
    """The same for whoever delivers webhooks."""
    transaction.on_commit(_deliver)


def _wake() -> None:
    try:
        with _redis(settings.REDIS_URL).pipeline() as pipeline:
            pipeline.rpush(WAKES, 1)
            # Whoever takes it looks after that, and so sees what all others told of.
            pipeline.ltrim(WAKES, -1, -1)
            pipeline.execute()
    except redis.RedisError as error:
        _log.warning("inference_wake_not_sent", error=str(error))


def _deliver() -> None:
    try:
        current_app.send_task(DELIVER, queue="default", expires=5, retry=False)
    except OperationalError as error:
        _log.warning("inference_wake_not_sent", error=str(error))


@functools.cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
