"""Two hundred callers at once over real HTTP, to two web processes, while a worker settles: no cap is overrun."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from accounts.billing.queries.spending import all_capped
from accounts.models import KeySpending, Reservation, UsageDay
from accounts.permissions import Scope
from inference.models import Job
from tests import factories
from tests.inference.processes import Web, worker

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
CALLERS, ROUNDS = 200, 3
JOBS = "/api/v1/inference/jobs/"
# In micro-units; a call holds some 410, and costs some 110.
CAPS = {"organization": 30_000, "project": 8_000, "key": 3_000}


@pytest.fixture
def caps(transactional_db):
    organization = factories.OrganizationFactory.create()
    project = factories.ProjectFactory.create(organization=organization, slug="shop")
    keys = [
        factories.SecretKeyFactory.create(organization=organization, text=text, scopes=[Scope.INFERENCE])
        for text in ("pls_small", "pls_large")
    ]
    factories.LanguageModelFactory.create(model="sim")
    of: dict[str, Any] = {
        "organization": {},
        "project": {"project_id": project.pk},
        "key": {"secret_key": keys[0]},
    }
    for name, amount in CAPS.items():
        factories.SpendingCapFactory.create(organization=organization, amount=amount, **of[name])
    return organization


class Watcher:
    """Looks all the time whether more is spent and held than any cap allows."""

    def __init__(self, organization) -> None:
        self.organization = organization
        self.looks = 0
        self.exceeded: list[tuple[str, int]] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watcher":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        try:
            while not self.over.is_set():
                found = all_capped(self.organization.pk, now=timezone.now())
                self.exceeded += [(one.of, one.taken) for one in found if one.taken > CAPS[one.of]]
                self.looks += 1
        finally:
            connection.close()


def ask(web: Web, place: int) -> Counter:
    """One caller: small or large key, in the project or not; what it was told, each time."""
    key = "pls_small" if place % 2 else "pls_large"
    project = {"project": "shop"} if place % 4 < 2 else {}
    told: Counter = Counter()
    for turn in range(ROUNDS):
        given = {"prompt": f"@sim tokens=5 echo={place}.{turn}", "max_tokens": 10}
        body = {"task": "generate", "input": given, "provider": "openai", **project}
        status, _, answer = web.request("POST", JOBS, body, Authorization=f"Bearer {key}")
        told[status, answer["error"]["of"] if status == 402 else ""] += 1
    return told


def wait_for_the_end() -> None:
    while Job.objects.filter(finished_at=None).exists():
        threading.Event().wait(0.2)


def test_no_cap_is_overrun_by_two_hundred_at_once(caps, simulator) -> None:
    environ = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": simulator.openai_url, "OPENAI_MODEL": "sim"}
    with Web(**environ) as one, Web(**environ) as two, worker(**environ), Watcher(caps) as watcher:
        with ThreadPoolExecutor(CALLERS) as callers:
            told = sum(callers.map(ask, islice(cycle([one, two]), CALLERS), range(CALLERS)), Counter())
        wait_for_the_end()

    assert watcher.exceeded == []
    assert watcher.looks > 10
    # Let in or refused, by each of the caps, and nothing else.
    assert set(told) == {(202, ""), (402, "organization"), (402, "project"), (402, "key")}
    assert told.total() == CALLERS * ROUNDS
    assert Job.objects.filter(status="succeeded").count() == told[202, ""]
    assert not Reservation.objects.filter(state="held").exists()
    # The ledger, the counter of the key and the jobs themselves agree, and no cap is exceeded.
    spent = {found.of: found.spent for found in all_capped(caps.pk, now=timezone.now())}
    assert spent == {
        "organization": Job.objects.aggregate(sum=Sum("cost"))["sum"],
        "project": Job.objects.filter(project__slug="shop").aggregate(sum=Sum("cost"))["sum"],
        "key": Job.objects.filter(created_with__spending_caps__isnull=False).aggregate(sum=Sum("cost"))["sum"],
    }
    assert UsageDay.objects.filter(meter="llm_cost").aggregate(sum=Sum("quantity"))["sum"] == spent["organization"]
    assert KeySpending.objects.aggregate(sum=Sum("amount"))["sum"] == spent["organization"]
    assert all(0 < amount <= CAPS[of] for of, amount in spent.items())
