"""What LLM work cost in a span of days (UTC), and how it went.

What is billed is read from the ledger, which knows models and projects. What it does not know, tasks, keys and
prompts, is summed up from the jobs that ended in the same days; how calls went, from the calls.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, Sum

from accounts.billing.meters import TOKENS, Meter
from accounts.models import UsageDay
from analytics.periods import Days, Span, span_of
from inference.choices import ProviderName, Status
from inference.queries.health import FARED, Fared
from inference.querysets import JobQuerySet

_Name = TypeVar("_Name", bound=Hashable)
# A job may have been created so long before it ended: what bounds the index of creation that they are found by.
_LONGEST_WAIT = timedelta(days=30)
_UTC = ZoneInfo("UTC")

_CALLS = """
SELECT call.provider, call.model, {fared}
FROM inference_job AS job
JOIN inference_call AS call ON call.job_id = job.id
WHERE job.organization_id = %(organization)s
    AND job.created_at >= %(oldest)s AND job.created_at < %(end)s
    AND call.finished_at >= %(start)s AND call.finished_at < %(end)s
    AND (job.project_id IS NULL OR job.project_id = ANY(%(projects)s))
GROUP BY call.provider, call.model
ORDER BY count(*) DESC, call.provider, call.model
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """Of which projects of an organization figures are shown: names by id.

    `whole` where it is all of them; then what was used by projects that are gone counts as well.
    """

    organization_id: int
    projects: Mapping[int, str]
    whole: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens by kind, and costs in micro-units by currency."""

    tokens: Mapping[Meter, int]
    costs: Mapping[str, int]

    @property
    def all_tokens(self) -> int:
        return sum(self.tokens.values())


@dataclass(frozen=True, slots=True)
class Billed:
    """The ledger's sums: of everything, by model, by project (0 is of none) and by day and model."""

    whole: Spent
    by_model: Mapping[str, Spent]
    by_project: Mapping[int, Spent]
    by_day: Mapping[tuple[date, str], Spent]


@dataclass(frozen=True, slots=True)
class Ended:
    """Jobs that ended, how many of them failed, what they read and wrote, and their costs by currency."""

    jobs: int
    failed: int
    tokens_input: int
    tokens_output: int
    costs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Prompted:
    """A version of a prompt."""

    slug: str
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Work:
    """The jobs that ended: all, by task, by key with its name (None: without one) and by version of a prompt."""

    whole: Ended
    by_task: Mapping[str, Ended]
    by_key: Mapping[tuple[int | None, str], Ended]
    by_prompt: Mapping[Prompted, Ended]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Answers that were given again, and what the jobs had cost that asked the model for them."""

    jobs: int
    costs: Mapping[str, int]


def billed(seen: Seen, days: Days) -> Billed:
    rows = UsageDay.objects.filter(
        organization=seen.organization_id,
        day__gte=days.first,
        day__lte=days.last,
        meter__in=(*TOKENS, Meter.COST),
    ).exclude(quantity=0)
    if not seen.whole:
        rows = rows.filter(project_id__in=[0, *seen.projects])
    found = list(rows)
    return Billed(
        whole=_spent(found),
        by_model=_grouped(found, lambda row: row.model),
        # Those that are gone are one.
        by_project=_grouped(found, lambda row: row.project_id if row.project_id in (0, *seen.projects) else -1),
        by_day={key: _spent(part) for key, part in _parted(found, lambda row: (row.day, row.model)).items()},
    )


def work(jobs: JobQuerySet, days: Days) -> Work:
    """Of these jobs those that ended in these days. What the built-in provider counts are words, and no tokens."""
    counted = ~Q(provider=ProviderName.BUILTIN)
    rows: list[Any] = list(
        _ended_in(jobs, days)
        .order_by()
        .values(
            "task", "created_with", "created_with__name", "prompt_version__template__slug",
            "prompt_version__template__name", "prompt_version__number", "currency",
        )
        .annotate(
            jobs=Count("pk"),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
            read=Sum("tokens_input", filter=counted, default=0),
            written=Sum("tokens_output", filter=counted, default=0),
            spent=Sum("cost"),
        )
    )  # fmt: skip
    return Work(
        whole=_ended(rows),
        by_task=_worked(rows, lambda row: row["task"]),
        by_key=_worked(rows, lambda row: (row["created_with"], row["created_with__name"] or "")),
        by_prompt=_worked([row for row in rows if row["prompt_version__number"] is not None], _prompted),
    )


def repeated(jobs: JobQuerySet, days: Days) -> Repeated:
    again = _ended_in(jobs, days).filter(answered_from__isnull=False).order_by()
    rows = again.values("answered_from__currency").annotate(jobs=Count("pk"), spared=Sum("answered_from__cost"))
    costs = {row["answered_from__currency"]: row["spared"] for row in rows if row["spared"]}
    return Repeated(sum(row["jobs"] for row in rows), costs)


def calls(seen: Seen, days: Days) -> dict[tuple[str, str], Fared]:
    """How the calls went that ended in these days, by provider and model, the most asked first."""
    span = _span(days)
    parameters: dict[str, Any] = {
        "organization": seen.organization_id,
        "projects": list(seen.projects),
        "oldest": span.start - _LONGEST_WAIT,
        "start": span.start,
        "end": span.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CALLS.format(fared=FARED), parameters)
        return {
            (provider, model): Fared.of(made, failures, first, took)
            for provider, model, made, failures, first, took in cursor.fetchall()
        }


def _ended_in(jobs: JobQuerySet, days: Days) -> JobQuerySet:
    span = _span(days)
    return jobs.filter(
        created_at__gte=span.start - _LONGEST_WAIT,
        created_at__lt=span.end,
        finished_at__gte=span.start,
        finished_at__lt=span.end,
    )


def _span(days: Days) -> Span:
    return span_of(days, _UTC)


def _parted(rows: Iterable[Any], name: Callable[[Any], _Name]) -> dict[_Name, list[Any]]:
    parts: defaultdict[_Name, list[Any]] = defaultdict(list)
    for row in rows:
        parts[name(row)].append(row)
    return dict(parts)


def _grouped(rows: Sequence[UsageDay], name: Callable[[UsageDay], _Name]) -> dict[_Name, Spent]:
    """The dearest first, then those of most tokens."""
    found = [(key, _spent(part)) for key, part in _parted(rows, name).items()]
    return dict(sorted(found, key=lambda each: (-sum(each[1].costs.values()), -each[1].all_tokens, str(each[0]))))


def _spent(rows: Iterable[UsageDay]) -> Spent:
    tokens, costs = dict.fromkeys(TOKENS, 0), defaultdict[str, int](int)
    for row in rows:
        if row.meter == Meter.COST:
            costs[row.currency] += row.quantity
        else:
            tokens[Meter(row.meter)] += row.quantity
    return Spent(tokens, dict(sorted(costs.items())))


def _worked(rows: Sequence[dict[str, Any]], name: Callable[[dict[str, Any]], _Name]) -> dict[_Name, Ended]:
    """The dearest first, then those of most jobs."""
    found = [(key, _ended(part)) for key, part in _parted(rows, name).items()]
    return dict(sorted(found, key=lambda each: (-sum(each[1].costs.values()), -each[1].jobs, str(each[0]))))


def _ended(rows: Sequence[dict[str, Any]]) -> Ended:
    costs = defaultdict[str, int](int)
    for row in rows:
        if row["spent"] is not None:
            costs[row["currency"]] += row["spent"]
    return Ended(
        jobs=sum(row["jobs"] for row in rows),
        failed=sum(row["failed"] for row in rows),
        tokens_input=sum(row["read"] for row in rows),
        tokens_output=sum(row["written"] for row in rows),
        costs=dict(sorted(costs.items())),
    )


def _prompted(row: dict[str, Any]) -> Prompted:
    return Prompted(
        row["prompt_version__template__slug"], row["prompt_version__template__name"], row["prompt_version__number"]
    )
