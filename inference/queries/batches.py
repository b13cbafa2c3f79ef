"""How far batches are, and what came out of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Sum

from inference.choices import FINISHED, Status
from inference.models import Batch, Job, PromptVersion

_ROWS = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one batch: its jobs by status, what they used so far, and when the first began."""

    total: int
    counts: Counter[str]
    tokens_input: int
    tokens_output: int
    cost: int | None
    currency: str
    started_at: datetime | None

    @property
    def ended(self) -> int:
        return sum(self.counts[status] for status in FINISHED)

    @property
    def percent(self) -> int:
        """Whole percent; 100 only when all have ended."""
        return 100 * self.ended // self.total

    def left(self, now: datetime) -> timedelta | None:
        """How long the rest takes if it goes on like this; None before that can be told."""
        if self.started_at is None or not self.ended or self.ended == self.total:
            return None
        return (now - self.started_at) * ((self.total - self.ended) / self.ended)


def progress_of(batch: Batch) -> Progress:
    rows = (
        Job.objects.filter(batch=batch)
        .order_by()
        .values("status")
        .annotate(
            jobs=Count("pk"),
            read=Sum("tokens_input"),
            written=Sum("tokens_output"),
            spent=Sum("cost"),
            currency=Max("currency"),
            began=Min("started_at"),
        )
    )
    spent = [row["spent"] for row in rows if row["spent"] is not None]
    return Progress(
        total=batch.total,
        counts=Counter({row["status"]: row["jobs"] for row in rows}),
        tokens_input=sum(row["read"] or 0 for row in rows),
        tokens_output=sum(row["written"] or 0 for row in rows),
        cost=sum(spent) if spent else None,
        currency=max((row["currency"] for row in rows), default=""),
        started_at=min((row["began"] for row in rows if row["began"]), default=None),
    )


def prompt_of(batch: Batch) -> PromptVersion | None:
    """The version of a prompt that all of its jobs run."""
    first = Job.objects.filter(batch=batch, batch_index=0).select_related("prompt_version__template")
    return next((job.prompt_version for job in first.only("prompt_version")), None)


def counts_of(batches: Collection[Batch]) -> dict[UUID, Counter[str]]:
    """The jobs of each of these batches by status."""
    found: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    rows = Job.objects.filter(batch__in=batches).order_by().values_list("batch_id", "status").annotate(Count("pk"))
    for batch_id, status, count in rows:
        found[batch_id][status] = count
    return found


def results(batch_id: UUID, *, after: int, limit: int | None, statuses: Collection[str]) -> Iterator[list[Job]]:
    """The jobs behind this place, in their order, some hundred at a time; each is asked for when it is wanted."""
    left = limit
    while left is None or left > 0:
        count = _ROWS if left is None else min(_ROWS, left)
        jobs = Job.objects.filter(batch=batch_id, batch_index__gt=after, status__in=statuses)
        page = list(jobs.order_by("batch_index")[:count])
        if page:
            yield page
        if len(page) < count:
            return
        after = page[-1].batch_index or 0
        left = None if left is None else left - count


def result_of(job: Job) -> dict[str, Any]:
    """One line of a batch's results."""
    return {
        "index": job.batch_index,
        "id": str(job.pk),
        "status": job.status,
        "model": job.model,
        "output": None if job.content_removed_at else job.output,
        "result": job.result,
        "finish_reason": job.finish_reason or None,
        "error": {"code": job.error_code, "message": job.error_message} if job.error_code else None,
        "tokens_input": job.tokens_input,
        "tokens_output": job.tokens_output,
        "cost": job.cost,
        "currency": job.currency or None,
    }


def state_of(batch: Batch) -> str:
    """In a word."""
    if batch.finished_at is not None:
        return "cancelled" if batch.cancel_requested_at else "finished"
    return "cancelling" if batch.cancel_requested_at else "running"


ENDED = tuple(status.value for status in FINISHED)
ANY = tuple(Status.values)
