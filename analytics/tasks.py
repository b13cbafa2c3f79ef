"""What Celery beat wakes; each is safe to run at any time, as often as one likes, on any number of machines."""

from celery import shared_task

from accounts.services import heartbeat
from analytics.services import compaction, erasing, retention, sealing


@shared_task
def seal() -> None:
    sealing.seal_all()
    heartbeat.note()


@shared_task
def compact() -> None:
    compaction.compact_all()


@shared_task
def sweep() -> None:
    compaction.sweep()


@shared_task
def expire() -> None:
    retention.expire_all()


@shared_task
def erase() -> None:
    erasing.erase_all()
