"""Random usage from many processes at once: the ledger has what was sent, no cap is overrun, the invoice is right.

The processes are real ones with connections of their own (`tests/billing_load.py`). What is expected is counted in
plain Python from the same random draws.
"""

import io
import json
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.billing.services import invoicing
from accounts.models import Reservation, UsageDay, UsageEntry
from analytics.services import ingestion, sealing
from tests import factories
from tests.analytics.events import event
from tests.billing_load import CAP, KINDS, PROCESSES, ROUNDS, START, Job, jobs_of
from tests.inference.processes import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


def run_all(organization, project) -> tuple[set[str], int]:
    """Keys of the jobs that were let in, and how often somebody saw more than the cap."""
    environ = environment(DJANGO_SETTINGS_MODULE="config.settings", PLUMBLINE_DATA=str(settings.DATA_FOLDER))
    command = (sys.executable, "-m", "tests.billing_load", str(organization.pk), str(project.pk))
    processes = [
        subprocess.Popen((*command, str(seed)), env=environ, cwd=settings.ROOT, stdout=subprocess.PIPE)
        for seed in range(PROCESSES)
    ]
    found = [json.loads(process.communicate(timeout=300)[0]) for process in processes]
    return {key for answer in found for key in answer["let_in"]}, sum(answer["exceeded"] for answer in found)


def subscribe(organization):
    plan = factories.PlanFactory.create(name="Growth", events_a_month=100, llm_tokens_a_month=10_000)
    price = factories.PlanPriceFactory.create(
        plan=plan, currency="EUR", amount=9_900, events_unit=7, events_unit_amount=13, tokens_unit=1_000,
        tokens_unit_amount=3,
    )  # fmt: skip
    factories.SubscriptionFactory.create(
        organization=organization, plan=plan, price=price, anchor=START, period_start=START, created_at=START,
        period_end=datetime(2026, 12, 1, tzinfo=UTC),
    )  # fmt: skip


def test_random_usage_from_many_processes_is_counted_capped_and_invoiced_exactly(organization, project):
    factories.SpendingCapFactory.create(organization=organization, currency="EUR", amount=CAP)
    subscribe(organization)
    draw = random.Random(5)
    sent = 0
    for batch in range(50):
        number = draw.randint(1, 9)
        moments = [START + timedelta(days=draw.randrange(30), seconds=batch) for _ in range(number)]
        ingestion.accept(project=project, events=[event(moment) for moment in moments])
        sent += number

    let_in, exceeded = run_all(organization, project)
    sealing.seal_project(project_id=project.pk)

    jobs = [job for seed in range(PROCESSES) for job in jobs_of(seed) if job.key in let_in]
    # The ledger has what was sent, each once, and the sums of days are its own.
    assert posted(organization) == expected(jobs, sent)
    # The cap did hold, and did something.
    assert exceeded == 0
    assert sum(job.cost for job in jobs) <= CAP
    assert 0 < len(jobs) < PROCESSES * ROUNDS
    assert not Reservation.objects.filter(state=Reservation.State.HELD).exists()
    # The invoice is what anybody computes by hand.
    (invoice,) = invoicing.invoice_due(now=datetime(2026, 12, 1, tzinfo=UTC))
    assert invoice.total == by_hand(sent, sum(sum(job.tokens) for job in jobs))
    output = io.StringIO()
    call_command("billing", "reconcile", "--month", "2026-11", stdout=output)
    assert "differ" not in output.getvalue()


def posted(organization) -> tuple[Counter, Counter]:
    entries: Counter = Counter()
    for entry in UsageEntry.objects.filter(organization=organization).iterator():
        entries[entry.meter] += entry.quantity
    days: Counter = Counter()
    for row in UsageDay.objects.filter(organization=organization):
        days[row.meter] += row.quantity
    return entries, days


def expected(jobs: list[Job], events: int) -> tuple[Counter, Counter]:
    total = Counter({"events": events, "llm_cost": sum(job.cost for job in jobs)})
    for job in jobs:
        for meter, quantity in zip(KINDS, job.tokens, strict=True):
            total[meter.value] += quantity
    return total, total


def by_hand(events: int, tokens: int) -> int:
    """99 euros; 13 cents for each begun 7 events over 100, 3 cents for each begun 1,000 tokens over 10,000."""
    amount, left = 9_900, events - 100
    while left > 0:
        amount, left = amount + 13, left - 7
    left = tokens - 10_000
    while left > 0:
        amount, left = amount + 3, left - 1_000
    return amount
