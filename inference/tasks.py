"""Celery's part: to wake the runner of a worker process, and to end it with the worker."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from celery.worker.consumer import Consumer

from inference.runner.process import RUNNER


@shared_task(name="inference.tasks.wake")
def wake() -> None:
    """There may be jobs to run."""
    RUNNER.wake()


@worker_ready.connect
def _begin(sender: Consumer, **_: Any) -> None:
    # There may be jobs from before, of a worker that died.
    if "inference" in sender.app.amqp.queues.consume_from:
        RUNNER.wake()


@worker_shutting_down.connect
def _give_back(**_: Any) -> None:
    # At the first signal, while the worker ends its tasks: what it holds can be running elsewhere in a second.
    RUNNER.stop()
