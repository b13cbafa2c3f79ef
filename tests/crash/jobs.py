"""`make crash-jobs`: kill -9 of workers under running LLM jobs, and count ends, tokens and what streams told.

So many jobs are kept at the provider; each time they are, the worker is killed a random moment later, and the
supervisor starts another. In the end the provider's own count, the rows, the ledger and what the clients of the
streams hold are compared.
"""

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from rich.console import Console
from rich.table import Table

from tests.crash.followers import JOBS, Follower, events
from tests.product import Run, until
from tests.simulators.llm import CACHED, InThread, Simulator, words

LEASE = "3"
READ = 11 + CACHED
# Words of an answer; there is a pause before each.
WORDS = (20, 50)
# How many pauses a worker lives once enough jobs are at the provider: twice so short that no job ends, then so
# long that all do. So a job loses its worker three times at most, and never fails for that.
SHORT, LONG, EVERY = (1, 15), 60, 3
_PATIENCE = 300
_CREATORS = 8
# While new jobs take the place of those that ended, so many more are under way that enough are at the provider.
_SPARE = 1.25
_PRICE = (
    "from inference.models import LanguageModel as M; M.objects.create(provider='openai', model='gpt-5-mini', "
    "input_price=3_000_000, cached_price=300_000, output_price=15_000_000, reasoning_price=15_000_000)"
)
_ROWS = "SELECT id::text, status, output, error_code, attempts, fence FROM inference_job"
_LEDGER = "SELECT key, quantity FROM accounts_usageentry WHERE key LIKE 'job:%'"
_HELD = "SELECT count(*) FROM accounts_reservation WHERE state = 'held'"


@dataclass
class Figures:
    """What was counted; nothing may be among the faults."""

    kills: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    calls: int = 0
    restarts: int = 0
    returns: int = 0
    resumed: int = 0
    least_running: int = 0
    tokens: int = 0
    billed: int = 0
    seconds: float = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class Campaign:
    """One run of the product, its clients and whoever kills its workers."""

    run: Run
    simulator: Simulator
    key: str
    jobs: int
    kills: int
    pause: float
    rng: random.Random
    figures: Figures = field(default_factory=Figures)
    prompts: dict[str, tuple[str, int]] = field(default_factory=dict)
    followers: dict[str, Follower] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    unfinished: int = 0
    is_over: bool = False

    async def wage(self) -> Figures:
        began = time.monotonic()
        limit = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=60)
        headers = {"Authorization": f"Bearer {self.key}"}
        async with aiohttp.ClientSession(
            self.run.base_url, connector=limit, timeout=timeout, headers=headers
        ) as session:
            async with asyncio.TaskGroup() as group:
                making = [group.create_task(self._make(session, group)) for _ in range(_CREATORS)]
                for number in range(1, self.kills + 1):
                    await self._kill_one(number)
                self.is_over = True
                await asyncio.gather(*making)
            await self._resume_anywhere(session)
        self._compare()
        self.figures.seconds = time.monotonic() - began
        return self.figures

    async def _make(self, session: aiohttp.ClientSession, group: asyncio.TaskGroup) -> None:
        """Keep so many jobs unfinished, each with a client of its stream."""
        while not self.is_over:
            while self.unfinished < self.jobs * _SPARE and not self.is_over:
                self.unfinished += 1
                job_id = await self._create(session)
                group.create_task(self._follow(session, job_id))
            await asyncio.sleep(0.05)

    async def _create(self, session: aiohttp.ClientSession) -> str:
        length, number = self.rng.randint(*WORDS), next(self.numbers)
        prompt = f"Number {number}. @sim tokens={length} delay={self.pause}"
        body = {"task": "generate", "input": {"prompt": prompt, "max_tokens": 100}}
        async with session.post(JOBS, json=body, headers={"Idempotency-Key": f"job-{number}"}) as response:
            assert response.status == 202, await response.text()
            job_id: str = (await response.json())["id"]
        self.prompts[job_id] = prompt, length
        return job_id

    async def _follow(self, session: aiohttp.ClientSession, job_id: str) -> None:
        follower = self.followers[job_id] = Follower(job_id)
        try:
            async with asyncio.timeout(_PATIENCE):
                await follower.follow(session, self.rng)
        except TimeoutError:
            self.figures.faults.append(f"{job_id}: its stream did not end")
        self.unfinished -= 1

    async def _kill_one(self, number: int) -> None:
        await until(lambda: self.simulator.open >= self.jobs, within=_PATIENCE)
        pauses = self.rng.uniform(*SHORT) if number % EVERY else LONG
        await asyncio.sleep(pauses * self.pause)
        await until(lambda: self.simulator.open >= self.jobs, within=_PATIENCE)
        worker = await asyncio.to_thread(self.run.child, "worker")
        running = self.simulator.open
        worker.kill()
        self.figures.kills += 1
        print(f"kill {number}: {running} jobs were at the provider", flush=True)  # noqa: T201
        self.figures.least_running = min(running, self.figures.least_running or running)
        await until(lambda: self.simulator.open == 0, within=_PATIENCE)

    async def _resume_anywhere(self, session: aiohttp.ClientSession) -> None:
        """After the end as well, from a random event on, exactly what followed it."""
        for follower in self.followers.values():
            if not follower.seen:
                continue
            after, length = self.rng.choice(follower.seen)
            rest = [event async for event in events(session, follower.job_id, after)]
            told = "".join(event.data["text"] for event in rest if event.name == "token")
            if follower.text[:length] + told != follower.text or rest[-1].name not in {"done", "error"}:
                self.figures.faults.append(f"{follower.job_id}: resumed after {after}, it tells something else")
            self.figures.resumed += 1

    def _compare(self) -> None:
        with psycopg.connect(self.run.servers()["DATABASE_URL"]) as database:
            rows = {row[0]: row[1:] for row in database.execute(_ROWS).fetchall()}
            ledger = database.execute(_LEDGER).fetchall()
            held = database.execute(_HELD).fetchone()
        entries: dict[str, dict[str, list[int]]] = {}
        for key, quantity in ledger:
            _, job_id, meter = key.split(":")
            entries.setdefault(job_id, {}).setdefault(meter, []).append(quantity)
        if held != (0,):
            self.figures.faults.append(f"{held} reservations are still held")
        if rows.keys() != self.prompts.keys() or not entries.keys() <= rows.keys():
            self.figures.faults.append("there are jobs or entries that nobody asked for, or some are missing")
        for job_id, row in rows.items():
            for fault in self._faults_of(job_id, row, entries.get(job_id, {})):
                self.figures.faults.append(f"{job_id}: {fault}")
        self._sum_up(rows, entries)

    def _faults_of(self, job_id: str, row: tuple[Any, ...], entries: dict[str, list[int]]) -> list[str]:
        status, output, error_code, *_ = row
        prompt, length = self.prompts[job_id]
        follower = self.followers[job_id]
        told = [end.data["status"] for end in follower.ends]
        cost = -(-(11 * 3_000_000 + CACHED * 300_000 + length * 15_000_000) // 1_000_000)
        used = {
            "llm_input_tokens": [READ - CACHED],
            "llm_cached_tokens": [CACHED],
            "llm_output_tokens": [length],
            "llm_cost": [cost],
        }
        checks = {
            f"ended as {status} ({error_code})": status == "succeeded",
            f"its stream told {told}": told == [status],
            "its stream and its row differ": follower.text == output,
            "its answer is not whole": output == "".join(words(length)),
            "the provider never answered it whole": self.simulator.answered[prompt] >= 1,
            f"billed {entries}": entries == used,
        }
        return [fault for fault, is_well in checks.items() if not is_well]

    def _sum_up(self, rows: dict[str, Any], entries: dict[str, dict[str, list[int]]]) -> None:
        figures = self.figures
        figures.ends = Counter(row[0] for row in rows.values())
        figures.attempts = sum(row[4] for row in rows.values())
        figures.calls = self.simulator.attempts.total()
        figures.restarts = sum(follower.restarts for follower in self.followers.values())
        figures.returns = sum(follower.returns for follower in self.followers.values())
        won = [job_id for job_id, row in rows.items() if row[0] == "succeeded"]
        figures.tokens = sum(self.prompts[job_id][1] for job_id in won)
        figures.billed = sum(sum(found.get("llm_output_tokens", [])) for found in entries.values())
        if figures.tokens != figures.billed:
            figures.faults.append(f"{figures.tokens} tokens were written, {figures.billed} are billed")


def wage(folder: Path, *, jobs: int, kills: int, pause: float, seed: int) -> Figures:
    """Run a campaign on a new product in this folder."""
    folder.chmod(0o755)
    with InThread() as simulator:
        given = {
            "OPENAI_API_KEY": "simulated",
            "OPENAI_BASE_URL": simulator.openai_url,
            "PLUMBLINE_INFERENCE_LEASE": LEASE,
        }
        run = Run(folder / "var", folder / "output", **given)
        try:
            run.wait_until_up()
            run.manage("load_demo", "--events", "300", "--base-url", run.base_url)
            run.manage("shell", "-c", _PRICE)
            key = json.loads((run.data / "demo.json").read_text())["secret_key"]
            campaign = Campaign(run, simulator, key, jobs, kills, pause, random.Random(seed))
            return asyncio.run(campaign.wage())
        finally:
            run.process.terminate()
            run.process.wait(30)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make crash-jobs")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds before each word of an answer")
    parser.add_argument("--seed", type=int, default=None, help="repeat the choices of an earlier run")
    options = parser.parse_args()
    # So that the product ends with this, whatever ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**31)
    folder = Path(tempfile.mkdtemp(prefix="plumbline-crash-jobs-"))
    figures = wage(folder, jobs=options.jobs, kills=options.kills, pause=options.pause, seed=seed)
    show(figures, seed)
    if figures.faults:
        sys.stdout.write(f"The data folder and its logs stay in {folder}.\n")
    else:
        shutil.rmtree(folder)
    return 1 if figures.faults else 0


def show(figures: Figures, seed: int) -> None:
    table = Table("what", "how many", title=f"seed {seed}, {figures.seconds:,.0f} s")
    table.columns[1].justify = "right"
    rows = {
        "workers killed": figures.kills,
        "jobs at the provider when one was killed, at least": figures.least_running,
        **{f"jobs that ended as {status}": number for status, number in sorted(figures.ends.items())},
        "attempts of them": figures.attempts,
        "calls that the provider got": figures.calls,
        "tokens of the answers that counted, by the provider": figures.tokens,
        "tokens in the ledger": figures.billed,
        "streams that began anew": figures.restarts,
        "times a client went and came again": figures.returns,
        "streams resumed after the end": figures.resumed,
        "faults": len(figures.faults),
    }
    for what, number in rows.items():
        table.add_row(what, f"{number:,}")
    console = Console(width=100)
    console.print(table)
    for fault in figures.faults[:20]:
        console.print(fault, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
