"""What jobs would cost, before they are made. Nothing is written here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.access import Actor
from accounts.billing.queries.spending import Spending
from accounts.billing.services import reservations
from accounts.errors import FieldError, Invalid, PlumblineError, QuotaExceeded
from accounts.models import Organization
from inference.inputs import AnyJob, PromptedJob
from inference.models import Job
from inference.pricing import Rates
from inference.services import jobs, prompts, remembered, spending
from inference.services.routing import Route
from inference.services.spending import Quote

MOST_JOBS = 1_000


@dataclass(frozen=True, slots=True)
class Model:
    """One that would be asked, for how many of the jobs, and its prices; None where it has none.

    Not charged is what needs no model, or is asked with an own key: its provider is paid for it.
    """

    provider: str
    model: str
    is_charged: bool
    jobs: int
    rates: Rates | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Of all jobs together. `reads` is an estimate, the others are never exceeded; amounts in micro-units.

    `caps` are those that hold for them, as they stand now, and `refusal` is what they would be refused with.
    `remembered` are the jobs whose answers would be given again, at no cost.
    """

    jobs: int
    calls: int
    reads: int
    most_read: int
    most_written: int
    models: tuple[Model, ...]
    currency: str
    most_cost: int
    caps: tuple[Spending, ...]
    refusal: PlumblineError | None
    remembered: tuple[UUID, ...]


def preview(*, organization: Organization, actor: Actor, requests: Sequence[AnyJob | PromptedJob]) -> Preview:
    """Of a job, or of those of a batch; it raises what making them would raise, but for spending and quotas."""
    if not 1 <= len(requests) <= MOST_JOBS:
        message = f"From 1 to {MOST_JOBS} jobs."
        raise Invalid(message, fields=[FieldError("jobs", message)])
    written = [prompts.written(organization=organization, request=request) for request in requests]
    planned = [jobs.drafted(organization=organization, actor=actor, request=request) for request, _ in written]
    for (job, _), (_, version) in zip(planned, written, strict=True):
        job.prompt_version = version
    drafts = [job for job, _ in planned]
    if len({job.project_id for job in drafts}) > 1:
        message = "All of one project, whose caps hold for them together."
        raise Invalid(message, fields=[FieldError("jobs", message)])
    found = [remembered.answer_for(job, request) for job, (request, _) in zip(drafts, written, strict=True)]
    asked = [each for each, answer in zip(planned, found, strict=True) if answer is None]
    quotes = [spending.quote(job=job, targets=route.targets) for job, route in asked]
    amount, currency = sum(one.amount for one in quotes), _currency(quotes)
    account = spending.account_of(drafts[0])
    caps = reservations.standing(account, currency=currency, now=timezone.now()) if currency else []
    return Preview(
        jobs=len(drafts),
        calls=sum(one.calls for one in quotes),
        reads=sum(one.reads for one in quotes),
        most_read=sum(one.most_read for one in quotes),
        most_written=sum(one.most_written for one in quotes),
        models=_models(asked, quotes),
        currency=currency,
        most_cost=amount,
        caps=tuple(caps),
        refusal=_out_of_tokens(asked) or reservations.refusal(account, caps, amount),
        remembered=tuple(answer.pk for answer in found if answer is not None),
    )


def _out_of_tokens(asked: Sequence[tuple[Job, Route]]) -> QuotaExceeded | None:
    try:
        for job, route in asked:
            spending.require_tokens(job.organization_id, route.targets)
    except QuotaExceeded as error:
        return error
    return None


def _models(asked: Sequence[tuple[Job, Route]], quotes: Sequence[Quote]) -> tuple[Model, ...]:
    firsts = [(job.provider, job.model, route.first.is_charged) for job, route in asked]
    rates = {which: found.rates for which, found in zip(firsts, quotes, strict=True)}
    return tuple(Model(*which, number, rates[which]) for which, number in Counter(firsts).most_common())


def _currency(quotes: Sequence[Quote]) -> str:
    currencies = sorted({one.currency for one in quotes if one.currency})
    if len(currencies) > 1:
        message = f"Their models are priced in different currencies: {', '.join(currencies)}."
        raise Invalid(message, fields=[FieldError("jobs", message)])
    return currencies[0] if currencies else ""
