"""Celery's part: to wake the runner of a worker process and end it with the worker, and what beat wakes."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from celery.worker.consumer import Consumer

from inference.runner.process import RUNNER
from inference.services import batch_ends, deliveries, delivering, retention, spending


@shared_task(name="inference.tasks.wake")
def wake() -> None:
    """There may be jobs to run."""
    RUNNER.wake()


@shared_task
def tend_reservations() -> None:
    """Spending that is held: for jobs still to be done it stays, what was forgotten is given back."""
    spending.tend()


@shared_task
def deliver_webhooks() -> None:
    """Those that are due, for some seconds; what is due then is in the next slice."""
    delivering.deliver_due()


@shared_task
def remove_content() -> None:
    """What was asked and answered, where it has been kept for as long as it is to be; and old news of it."""
    retention.remove_due()
    deliveries.forget_old()


@shared_task
def tend_batches() -> None:
    """Batches that are over are closed with their last job; here, what was missed."""
    batch_ends.tend()


@worker_ready.connect
def _begin(sender: Consumer, **_: Any) -> None:
    # There may be jobs from before, of a worker that died.
    if "inference" in sender.app.amqp.queues.consume_from:
        RUNNER.wake()


@worker_shutting_down.connect
def _give_back(**_: Any) -> None:
    # At the first signal, while the worker ends its tasks: what it holds can be running elsewhere in a second.
    RUNNER.stop()
