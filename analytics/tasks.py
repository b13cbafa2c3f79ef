"""What Celery beat wakes; each is safe to run at any time, as often as one likes, on any number of machines."""

from uuid import UUID

from celery import shared_task

from accounts.billing.services import alerts
from accounts.services import audit, heartbeat, once
from analytics.services import (
    cohort_work,
    compaction,
    engine,
    erasing,
    import_work,
    query_runs,
    quota_notices,
    removal,
    retention,
    sealing,
    spill,
    uploads,
)


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
    spill.sweep()
    engine.writer().upkeep()


@shared_task
def expire() -> None:
    retention.expire_all()
    once.forget_old()
    audit.expire()
    query_runs.forget_old()


@shared_task
def notify_quota() -> None:
    quota_notices.notify_all()
    alerts.tell_all()


@shared_task
def delete_organizations() -> None:
    """Those whose days of grace are over."""
    removal.remove_due()


@shared_task
def erase() -> None:
    erasing.erase_all()


@shared_task
def compute_cohorts() -> None:
    """Those that are due, for some seconds: there are further ones in the next slice."""
    cohort_work.compute_due()


@shared_task
def work_on_import(import_id: str) -> None:
    """A slice of one import; the next one stands in line behind what came meanwhile."""
    if import_work.work(import_id=UUID(import_id)):
        work_on_import.delay(import_id)


@shared_task
def take_up_imports() -> None:
    """Those that wait, or whose worker died."""
    for import_id in import_work.to_do():
        work_on_import.delay(str(import_id))


@shared_task
def sweep_imports() -> None:
    uploads.sweep()
