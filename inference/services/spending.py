"""What jobs may cost is reserved, and what they used is posted to the ledger, in the jobs' own transactions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel

from accounts.billing.meters import Meter
from accounts.billing.queries.token_quota import token_standing
from accounts.billing.services import ledger, reservations
from accounts.billing.services.ledger import Posting
from accounts.billing.services.reservations import Account
from accounts.errors import FieldError, Invalid, QuotaExceeded
from accounts.models import Reservation
from accounts.queries.plans import Limits
from inference.kinds import kind_of
from inference.kinds.base import Bound
from inference.models import Job
from inference.pricing import Rates
from inference.queries.sizes import Known, known_of, smallest
from inference.routes import Target
from inference.services.charges import Charge, total

# From then on a reservation is forgotten, unless its job is still to be done (`tend`).
_HELD_FOR = timedelta(days=2)
_MOST_TENDED = 1_000
# A plan can be raised at any time, so a client is never told to stay away for longer, in seconds.
_LONGEST_WAIT = 3_600


@dataclass(frozen=True, slots=True)
class Quote:
    """What a job can take: at most `amount` micro-units of `currency`, which is empty where it has no price.

    `reads` is about what it reads; `most_read` and `most_written` is what it reads and writes at most, in all of
    its `calls` together, in tokens.
    """

    calls: int
    reads: int
    most_read: int
    most_written: int
    rates: Rates | None = None
    amount: int = 0

    @property
    def currency(self) -> str:
        return self.rates.currency if self.rates else ""


def quote(*, job: Job, targets: Sequence[Target]) -> Quote:
    """The most that a new job may cost, whichever of those who may do it does it.

    Raises Invalid where their prices are in different currencies.
    """
    return _quote(job, targets, known_of(targets))


def _quote(job: Job, targets: Sequence[Target], known: Known) -> Quote:
    size, kind, rates = smallest(targets, known), kind_of(job.task), _rates(targets, known)
    bounds = kind.bounds(kind.input.model_validate(job.input), size)
    return Quote(
        calls=len(bounds),
        reads=sum(bound.likely for bound in bounds),
        most_read=sum(bound.read for bound in bounds),
        most_written=sum(bound.written or size.most_output for bound in bounds),
        rates=rates[0] if rates else None,
        amount=_most(bounds, rates) if rates else 0,
    )


def reserve(*, job: Job, targets: Sequence[Target]) -> None:
    """Hold the most that a new job may cost of those who may do it, if their models have prices.

    Raises QuotaExceeded where the plan's tokens of the month are used up, SpendingCapReached where it may cost
    more than is left, Invalid where the prices are in different currencies.
    """
    require_tokens(job.organization_id, targets)
    hold(job=job, targets=targets, known=known_of(targets))


def hold(*, job: Job, targets: Sequence[Target], known: Known) -> None:
    """`reserve` of a job whose organization has tokens left, where it is `known` what the models cost."""
    found = _quote(job, targets, known)
    if found.rates:
        reservations.reserve(
            account=account_of(job), key=_key(job), amount=found.amount, currency=found.currency, ttl=_HELD_FOR
        )


def reserve_all(
    *, first: Job, targets: Sequence[Target], ids: Sequence[UUID], inputs: Sequence[BaseModel], key: str
) -> Reservation | None:
    """Hold the most that new jobs with these inputs, all like the first, may cost; None where they have no price.

    Raises as `reserve` does, of the sum: all of it is held, or nothing. Each job settles its own part.
    """
    require_tokens(first.organization_id, targets)
    known = known_of(targets)
    size, kind, rates = smallest(targets, known), kind_of(first.task), _rates(targets, known)
    if not rates:
        return None
    parts = {
        _key(job_id): _most(kind.bounds(given, size), rates) for job_id, given in zip(ids, inputs, strict=True)
    }
    held = reservations.reserve(
        account=account_of(first),
        key=key,
        amount=sum(parts.values()),
        currency=rates[0].currency,
        ttl=_HELD_FOR,
    )
    reservations.split(held, parts=parts)
    return held


def account_of(job: Job) -> Account:
    """Whose spending it is."""
    return Account(job.organization_id, job.project_id, job.created_with_id)


def settle(made: Sequence[tuple[Job, Sequence[Charge]]]) -> None:
    """Post what jobs used and settle what was held; where nothing is charged, release it.

    The keys are the job's, whatever attempt it was: it is billed once. What it cost is charged also where it is
    more than was held, as it would be if the price was raised meanwhile: the provider has done it.
    """
    release(jobs=[job for job, charges in made if not charges])
    charged: defaultdict[int, list[tuple[Job, Sequence[Charge]]]] = defaultdict(list)
    for job, charges in made:
        if charges:
            charged[job.organization_id].append((job, charges))
    # In the order of their ids, so that no two workers wait for each other.
    for organization_id in sorted(charged):
        _settle(organization_id, charged[organization_id])


def _settle(organization_id: int, made: Sequence[tuple[Job, Sequence[Charge]]]) -> None:
    postings = [
        posting
        for job, charges in made
        for place, charge in enumerate(charges)
        for posting in _postings(_key(job, place), charge, project_id=job.project_id)
    ]
    ledger.post(organization_id=organization_id, postings=postings)
    amounts = {_key(job): cost.amount if (cost := total(charges)) else 0 for job, charges in made}
    reservations.settle_all(organization_id=organization_id, amounts=amounts, allow_over=True)


def release(*, jobs: Iterable[Job]) -> None:
    """Give back what is held for jobs that ended without use."""
    keys: defaultdict[int, list[str]] = defaultdict(list)
    for job in jobs:
        keys[job.organization_id].append(_key(job))
    for organization_id in sorted(keys):
        reservations.release(organization_id=organization_id, keys=keys[organization_id])


def tend() -> None:
    """Hold on for jobs that are still to be done, then give back what was forgotten."""
    unfinished = Job.objects.filter(finished_at=None).order_by("pk")
    keys = [_key(job) for job in unfinished.only("pk").iterator()]
    for start in range(0, len(keys), _MOST_TENDED):
        reservations.extend(keys=keys[start : start + _MOST_TENDED], ttl=_HELD_FOR)
    reservations.expire()


def require_tokens(organization_id: int, targets: Iterable[Target], *, limits: Limits | None = None) -> None:
    """Raises QuotaExceeded where one is charged who may do it, and the plan's tokens of the month are used up.

    `limits` are the plan's, where they are known.
    """
    if not any(one.is_charged for one in targets):
        return
    found = token_standing(organization_id, now=timezone.now(), limits=limits)
    if found is not None and found.is_refused:
        raise QuotaExceeded(
            f"The tokens of this month are used up: {found.used:,} of {found.quota:,} in the plan "
            f"'{found.limits.plan}', which refuses from {found.limits.refuse_from} % on. They begin anew on "
            f"{found.resets_at:%Y-%m-%d %H:%M} UTC, or as soon as the plan is raised.",
            retry_after=min((found.resets_at - timezone.now()).total_seconds(), _LONGEST_WAIT),
            details={
                "plan": found.limits.plan,
                "used": found.used,
                "quota": found.quota,
                "resets_at": found.resets_at.isoformat().replace("+00:00", "Z"),
            },
        )


def _postings(key: str, charge: Charge, *, project_id: int | None) -> list[Posting]:
    now, tokens, cost = timezone.now(), charge.tokens, charge.cost
    used = {
        Meter.INPUT_TOKENS: tokens.input,
        Meter.CACHED_TOKENS: tokens.cached,
        Meter.OUTPUT_TOKENS: tokens.output,
        Meter.REASONING_TOKENS: tokens.reasoning,
    }
    found = [
        Posting(f"{key}:{meter.value}", meter, quantity, now, project_id=project_id, model=charge.model)
        for meter, quantity in used.items()
    ]
    if cost is not None:
        meter = Meter.COST
        found.append(
            Posting(
                f"{key}:{meter.value}",
                meter,
                cost.amount,
                now,
                project_id=project_id,
                model=charge.model,
                currency=cost.currency,
            )
        )
    return found


def _rates(targets: Sequence[Target], known: Known) -> list[Rates]:
    """The prices of those that are charged; raises Invalid where they are in different currencies."""
    charged = [one for one in targets if one.is_charged]
    rates = [price.rates for one in charged if (price := known.get((one.provider.value, one.model)))]
    currencies = sorted({rate.currency for rate in rates})
    if len(currencies) > 1:
        message = f"Its models are priced in different currencies: {', '.join(currencies)}."
        raise Invalid(message, fields=[FieldError("model", message)])
    return rates


def _most(bounds: Sequence[Bound], rates: Sequence[Rates]) -> int:
    """What these calls cost at most, each with the dearest."""
    return sum(max(rate.most(read=bound.read, written=bound.written) for rate in rates) for bound in bounds)


def _key(job: Job | UUID, place: int = 0) -> str:
    """Of what it holds; and in the ledger, of each model that it used."""
    job_id = job.pk if isinstance(job, Job) else job
    return f"job:{job_id}:{place}" if place else f"job:{job_id}"
