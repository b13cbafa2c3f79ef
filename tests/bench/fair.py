"""A small organization's page while another one asks ROWS events (10000000) ten heavy questions at once.

The page is what the overview asks for at first, of SMALL events (100000), never from the cache. `alone` is the
same page while nobody else asks anything.
"""

import itertools
import json
import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2
from django.db.models import F

from accounts.access import SYSTEM
from accounts.models import User
from accounts.permissions import Scope
from accounts.services import organizations, secret_keys
from analytics.models import Manifest, Project
from analytics.services import projects
from tests.bench import many
from tests.bench.query import OVERVIEW, PAGE
from tests.bench.stack import Product

ROWS = int(os.environ.get("ROWS", "10000000"))
SMALL = int(os.environ.get("SMALL", "100000"))
HEAVY = 10
PAGES = 30
HEAVIEST = {**OVERVIEW, "period": {"last": "90d"}}
_different = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A project and what its server sends."""

    project: Project
    key: str

    def ask(self, base_url: str, spec: dict[str, Any]) -> int:
        """The status of the answer, however long it takes."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "Prefer": "wait=30"}
        with httpx2.Client(base_url=base_url, headers=headers, timeout=120) as client:
            found = client.post(f"/api/v1/projects/{self.project.pk}/query/", content=json.dumps(spec))
            while found.status_code == 202:
                found = client.get(found.headers["Location"])
        return found.status_code


def run(product: Product, rounds: int) -> None:
    heavy = Tenant(Project.objects.get(pk=product.project_id), product.secret_key)
    small = _another()
    for tenant, rows in ((small, SMALL), (heavy, ROWS)):
        many.store(product, tenant.project, rows)
    alone, beside = [], []
    for _ in range(rounds):
        alone += _pages(product, small)
        with _Pressure(product, heavy) as pressure:
            beside += _pages(product, small)
        print(f"  heavy queries answered meanwhile: {pressure.answered}")
    for name, found in (("alone", alone), ("beside ten heavy queries", beside)):
        print(f"  page {name:<26} median {statistics.median(found):6.0f} ms   p95 {_p95(found):6.0f} ms")
    print(f"  ratio of the p95                {_p95(beside) / _p95(alone):.1f}")


class _Pressure:
    """So many clients ask heavy questions, no two the same, one after the other, until the block is left."""

    def __init__(self, product: Product, tenant: Tenant) -> None:
        self.answered = 0
        self._product, self._tenant = product, tenant
        self._end = threading.Event()
        self._pool = ThreadPoolExecutor(HEAVY)

    def __enter__(self) -> "_Pressure":
        self._clients = [self._pool.submit(self._go_on) for _ in range(HEAVY)]
        time.sleep(2)
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        for client in self._clients:
            client.result()
        self._pool.shutdown()

    def _go_on(self) -> None:
        while not self._end.is_set():
            # No two questions are the same.
            spec = {**HEAVIEST, "event": f"Action {next(_different)}"}
            self.answered += self._tenant.ask(self._product.base_url, spec) == 200


def _pages(product: Product, tenant: Tenant) -> list[float]:
    """Milliseconds of each page, computed anew."""
    found = []
    for _ in range(PAGES):
        Manifest.objects.filter(project=tenant.project).update(version=F("version") + 1)
        began = time.perf_counter()
        status = tenant.ask(product.base_url, {**OVERVIEW, "panels": PAGE})
        found.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise RuntimeError(f"The page was answered with {status}.")
    return found


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _another() -> Tenant:
    owner = User.objects.create_user("small@example.test", "only for this run")
    organization = organizations.create(name="Small", owner=owner, actor=SYSTEM)
    project = projects.create(organization=organization, name="Small", actor=SYSTEM)
    _, key = secret_keys.create(organization=organization, name="bench", scopes=list(Scope), actor=SYSTEM)
    return Tenant(project, key)
