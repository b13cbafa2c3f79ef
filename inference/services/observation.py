"""An organization's calls of models as events of a project of its own, to be charted like any others.

They are written in the transaction that notes the calls, and named by them: each is there once, whatever dies.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.billing import micro
from analytics.contracts import DropReason
from analytics.ingestion import judging
from analytics.ingestion.calls import RawCall
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.options import Options
from analytics.models import Project
from analytics.queries import quota
from analytics.queries.quota import State
from analytics.services import ingestion
from inference.choices import ProviderName
from inference.models import Job, LanguageModel, Policy
from inference.pricing import Rates, Tokens
from inference.services.outcomes import CallRecord

EVENT = "LLM call"
_LIBRARY = {"library": {"name": "plumbline-inference"}}
# Names in a job's metadata under which callers say for whom it is.
_USER = ("user_id", "user")


def observe(made: Sequence[tuple[Job, Sequence[CallRecord]]], *, billed: bool = True) -> None:
    """Note calls of jobs that have ended, where their organizations want that; those of attempts that are made
    anew are not billed. Call this in the transaction that writes them.
    """
    projects = _projects({job.organization_id for job, calls in made if calls})
    told: defaultdict[Project, list[RawCall]] = defaultdict(list)
    for job, calls in made:
        if project := projects.get(job.organization_id):
            told[project] += _calls(job, calls, billed=billed)
    for project in sorted(told, key=lambda one: one.pk):
        _write(project, told[project])


def observe_repeated(*, job: Job) -> None:
    """Note a job that was given an earlier answer: no model was called, and it cost nothing."""
    project = _projects({job.organization_id}).get(job.organization_id)
    if project is None or job.finished_at is None:
        return
    facts = {
        "provider": job.provider,
        "model": job.model,
        "outcome": "succeeded",
        "finish_reason": job.finish_reason,
        "duration_ms": 0,
        "cached": True,
    }
    cost = _Cost(0, job.currency) if job.currency else None
    _write(project, [_call(job, str(job.pk), job.finished_at, {**_of_job(job), **facts, **_of_cost(cost)})])


def _projects(organizations: Collection[int]) -> dict[int, Project]:
    """By organization, where its calls are to be noted."""
    if not organizations:
        return {}
    wanted = Policy.objects.filter(organization__in=organizations, project=None, observe_in__isnull=False)
    return {one.organization_id: one.observe_in for one in wanted.select_related("observe_in") if one.observe_in}


def _calls(job: Job, calls: Sequence[CallRecord], *, billed: bool) -> list[RawCall]:
    common = _of_job(job)
    costs = _costs(calls) if billed else [None] * len(calls)
    return [
        _call(
            job, f"{job.pk}:{job.fence}:{number}", call.finished_at, {**_of_call(call), **_of_cost(cost), **common}
        )
        for number, (call, cost) in enumerate(zip(calls, costs, strict=True), start=1)
    ]


def _write(project: Project, calls: Sequence[RawCall]) -> None:
    """As what comes by HTTP is: judged, held to the quota, and counted where it is not kept."""
    now = timezone.now()
    standing = quota.lately(project.organization_id, now=now)
    if standing is not None and standing.state is State.REFUSED:
        ingestion.accept(project=project, events=[], drops={DropReason.QUOTA: len(calls)}, received_at=now)
        return
    judged = judging.judge(calls, now=now, client=ClientInfo(), options=Options(browser_window=None))
    events, results = judging.without_repeats(judged, frozenset())
    ingestion.accept(project=project, events=events, drops=judging.drops(results), received_at=now)


def _call(job: Job, message_id: str, at: datetime, properties: Mapping[str, Any]) -> RawCall:
    found: RawCall = {
        "type": "track",
        "event": EVENT,
        "messageId": message_id,
        "timestamp": at.isoformat(),
        "properties": {name: value for name, value in properties.items() if value not in {None, ""}},
        "context": _LIBRARY,
    }
    if user := next((job.metadata[name] for name in _USER if job.metadata.get(name)), ""):
        found["userId"] = user
    elif job.created_with_id:
        found["anonymousId"] = f"key:{job.created_with_id}"
    else:
        found["anonymousId"] = f"member:{job.created_by_id}" if job.created_by_id else "plumbline"
    return found


def _of_job(job: Job) -> dict[str, Any]:
    version = job.prompt_version
    return {
        "job": str(job.pk),
        "task": job.task,
        "asked_model": job.asked_model,
        "project": job.project.slug if job.project else "",
        "key": job.created_with.name if job.created_with else "",
        "prompt": version.template.slug if version else "",
        "prompt_version": version.number if version else None,
        "batch": str(job.batch_id or ""),
        "cached": False,
    }


def _of_call(call: CallRecord) -> dict[str, Any]:
    usage = call.usage
    cancelled = call.error_code == "cancelled"
    return {
        "provider": call.provider.value,
        "model": call.model,
        "outcome": "cancelled" if cancelled else "failed" if call.error_code else "succeeded",
        "error_code": call.error_code,
        "finish_reason": call.finish_reason.value if call.finish_reason else "",
        "first_token_ms": _milliseconds(call.started_at, call.first_token_at),
        "duration_ms": _milliseconds(call.started_at, call.finished_at),
        "tokens_input": usage.tokens_input if usage else None,
        "tokens_cached": usage.tokens_cached if usage else None,
        "tokens_output": usage.tokens_output if usage else None,
        "tokens_reasoning": usage.tokens_reasoning if usage else None,
    }


@dataclass(frozen=True, slots=True)
class _Cost:
    amount: int
    currency: str


def _of_cost(cost: _Cost | None) -> dict[str, Any]:
    if cost is None:
        return {}
    units = float(micro.in_units(cost.amount))
    return {"cost": units, "cost_micro": cost.amount, "currency": cost.currency}


def _costs(calls: Sequence[CallRecord]) -> Iterable[_Cost | None]:
    """Of each call, so that their sum is what the job is billed, which is rounded up once for each model."""
    known = {(one.provider, one.model): one.rates for one in _models(calls)}
    so_far: dict[tuple[str, str], Tokens] = {}
    for call in calls:
        which = (call.provider.value, call.model)
        rates, before = known.get(which), so_far.get(which, Tokens())
        own = call.credential_id is not None or call.provider is ProviderName.BUILTIN
        if rates is None or call.usage is None or own:
            yield None
            continue
        so_far[which] = before + call.tokens
        yield _Cost(_more(rates, before, so_far[which]), rates.currency)


def _more(rates: Rates, before: Tokens, after: Tokens) -> int:
    return rates.cost(after) - rates.cost(before)


def _models(calls: Sequence[CallRecord]) -> list[LanguageModel]:
    return list(LanguageModel.objects.filter(model__in={call.model for call in calls}))


def _milliseconds(start: datetime, end: datetime | None) -> int | None:
    return (end - start) // timedelta(milliseconds=1) if end else None
