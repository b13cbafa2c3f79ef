"""One of many processes that use an organization's models at once: `python -m tests.billing_load 7 3 0`.

It draws its jobs by its seed, reserves, dies before a commit now and then and does that again, as workers do, and
prints which jobs were let in, and how often it saw more than the cap.
"""

import json
import random
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import django
from django.db import transaction

if __name__ == "__main__":
    django.setup()

from accounts.billing.meters import Meter
from accounts.billing.queries.spending import spending
from accounts.billing.services import ledger, reservations
from accounts.billing.services.ledger import Posting
from accounts.billing.services.reservations import Account
from accounts.errors import SpendingCapReached
from analytics.services import sealing

PROCESSES, ROUNDS, CAP = 6, 60, 40_000_000
START = datetime(2026, 11, 1, tzinfo=UTC)
KINDS = (Meter.INPUT_TOKENS, Meter.CACHED_TOKENS, Meter.OUTPUT_TOKENS, Meter.REASONING_TOKENS)


@dataclass(frozen=True)
class Job:
    """A call that may cost `most`, and costs `cost` if it is let in."""

    key: str
    most: int
    cost: int
    tokens: tuple[int, ...]
    day: date


def jobs_of(seed: int) -> list[Job]:
    draw = random.Random(seed)
    found = []
    for number in range(ROUNDS):
        most = draw.randint(1, 2_000_000)
        tokens = tuple(draw.randint(0, 5_000) for _ in KINDS)
        day = START.date() + timedelta(days=draw.randrange(30))
        found.append(Job(f"job:{seed}:{number}", most, draw.randint(0, most), tokens, day))
    return found


def postings_of(job: Job) -> list[Posting]:
    used = [
        Posting(f"{job.key}:{meter}", meter, quantity, START, model=f"m{quantity % 3}", on=job.day)
        for meter, quantity in zip(KINDS, job.tokens, strict=True)
    ]
    return [*used, Posting(f"{job.key}:cost", Meter.COST, job.cost, START, model="m", currency="EUR", on=job.day)]


def reserve(organization_id: int, job: Job, draw: random.Random) -> bool:
    for _ in range(draw.choice((1, 1, 2))):
        try:
            with transaction.atomic():
                reservations.reserve(
                    account=Account(organization_id), key=job.key, amount=job.most, currency="EUR",
                    ttl=timedelta(hours=1), now=START,
                )  # fmt: skip
        except SpendingCapReached:
            return False
    return True


def finish(organization_id: int, job: Job, draw: random.Random) -> None:
    """Now and then it dies before its commit, and is done again; now and then twice."""
    for attempt in range(draw.choice((1, 2, 3))):
        with transaction.atomic():
            ledger.post(organization_id=organization_id, postings=postings_of(job))
            reservations.settle(organization_id=organization_id, key=job.key, amount=job.cost)
            transaction.set_rollback(attempt == 0 and draw.random() < 0.3)
    with transaction.atomic():
        ledger.post(organization_id=organization_id, postings=postings_of(job))
        reservations.settle(organization_id=organization_id, key=job.key, amount=job.cost)


def standing(organization_id: int) -> int:
    return spending(organization_id, currency="EUR", cap=CAP, now=START).taken


def work(organization_id: int, project_id: int, seed: int) -> dict[str, object]:
    draw = random.Random(f"luck {seed}")
    let_in, exceeded = [], 0
    for job in jobs_of(seed):
        if reserve(organization_id, job, draw):
            let_in.append(job.key)
            finish(organization_id, job, draw)
        exceeded += standing(organization_id) > CAP
        if draw.random() < 0.2:
            sealing.seal_project(project_id=project_id)
    return {"let_in": let_in, "exceeded": exceeded}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(work(*map(int, sys.argv[1:]))))
