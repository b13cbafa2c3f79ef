"""A campaign: the product under load, killed at random moments, then looked at by a plain reader."""

import itertools
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from celery import Celery
from kombu.exceptions import KombuError
from redis import RedisError

from config import environment
from tests.crash import reader
from tests.crash.clients import DOORS, NAME, Client, Ledger
from tests.crash.victims import WORDS, Killer
from tests.product import Run, eventually

HOUR = 3600
LONGEST = 5
# Sealing is due each second and merging each minute; here both are always about to happen, as little is sent.
UPKEEP_EVERY = 0.3
UPKEEP = ("analytics.tasks.seal", "analytics.tasks.seal", "analytics.tasks.compact")
BETWEEN_KILLS = (1.5, 5.0)
SETTLED_WITHIN = 300
_LONG_RETIRED = "SELECT count(*) FROM analytics_segment WHERE retired_at < now() - interval '1 hour'"


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out. `lost` and `twice` must be empty, `foreign` (never sent) too."""

    seed: int
    seconds: float
    kills: Counter[str]
    twos: int
    in_a_file: int
    restarts: int
    acknowledged: int
    unsure: int
    stored: int
    lost: set[str]
    twice: set[str]
    foreign: set[str]
    silences: tuple[str, ...]
    segments: int
    merges: int
    answers: Counter[int]
    faults: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        return not (self.lost or self.twice or self.foreign or self.faults)


@dataclass(frozen=True, slots=True)
class Campaign:
    """One run of the product with the project that clients send to."""

    run: Run
    project_id: int
    write_key: str

    @classmethod
    def prepare(cls, run: Run) -> "Campaign":
        """Wait until it is up, and have a project with some months of events."""
        run.wait_until_up()
        run.manage("load_demo", "--events", "300", "--base-url", run.base_url)
        demo = json.loads((run.data / "demo.json").read_text())
        return cls(run, demo["project_id"], demo["write_key"])

    @contextmanager
    def load(self, ledger: Ledger) -> Iterator[None]:
        """Clients at every door, until the end of the block; what they had under way then is unsure."""
        clients = [Client(self.run.port, self.write_key, door, ledger) for door in (*DOORS, *DOORS[:2])]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            for client in clients:
                client.ending.set()
            for client in clients:
                client.join(30)

    def suffer(self, trouble: AbstractContextManager[None], seconds: float, seed: int = 0) -> Figures:
        """Have some trouble for a while under load; what is stored once it is over and all is quiet."""
        began, ledger = time.monotonic(), Ledger()
        with self.load(ledger):
            eventually(lambda: len(ledger.acknowledged) > 100, within=SETTLED_WITHIN)
            with trouble:
                time.sleep(seconds)
            before = len(ledger.acknowledged)
            eventually(lambda: len(ledger.acknowledged) > before + 100, within=SETTLED_WITHIN)
        self.settle()
        return self._figures(seed, began, Killer(self.run, random.Random(seed)), ledger, 0)

    def wage(self, kills: int, seed: int, names: tuple[str, ...] = tuple(WORDS)) -> Figures:
        """Kill so many processes while events come in; what is stored once all is quiet."""
        began, chance, ledger = time.monotonic(), random.Random(seed), Ledger()
        killer = Killer(self.run, chance, names)
        with self._merging(), self.load(ledger):
            eventually(lambda: len(ledger.acknowledged) > 100, within=SETTLED_WITHIN)
            while killer.kills.total() < kills:
                time.sleep(chance.uniform(*BETWEEN_KILLS))
                killer.strike()
            before = len(ledger.acknowledged)
            eventually(lambda: len(ledger.acknowledged) > before + 100, within=SETTLED_WITHIN)
        merges = self._merged()
        self.settle()
        return self._figures(seed, began, killer, ledger, merges)

    def settle(self) -> None:
        """Wait until all is sealed, then let the sweep work as if an hour had passed."""
        eventually(self._inbox_is_empty, within=SETTLED_WITHIN)
        long_ago = time.time() - 2 * HOUR
        for path in (self.run.data / "store").rglob("*.*"):
            os.utime(path, (long_ago, long_ago))
        with psycopg.connect(self.run.servers()["DATABASE_URL"]) as connection:
            connection.execute("UPDATE analytics_segment SET retired_at = retired_at - interval '2 hours'")
        eventually(self._is_swept)

    def stored(self) -> reader.Stored:
        servers = self.run.servers()
        return reader.read(servers["DATABASE_URL"], self.run.data / "store", self.project_id, NAME)

    def _figures(self, seed: int, began: float, killer: Killer, ledger: Ledger, merges: int) -> Figures:
        stored = self.stored()
        acknowledged, unsure = set(ledger.acknowledged), set(ledger.unsure)
        faults = [*stored.faults, *(f"{path} belongs to no segment." for path in stored.strays)]
        if stored.usage != stored.events:
            faults.append(f"{stored.usage} events are counted as used, and {stored.events} are stored.")
        faults += [f"{times} answers were {status}." for status, times in ledger.odd_answers.items()]
        if ledger.without_a_time:
            faults.append(f"{ledger.without_a_time} answers of 503 do not say when to come back.")
        return Figures(
            seed=seed,
            seconds=time.monotonic() - began,
            kills=killer.kills,
            twos=killer.twos,
            in_a_file=killer.in_a_file,
            restarts=self.run.output.read_text().count("is started again"),
            acknowledged=len(acknowledged),
            unsure=len(unsure),
            stored=len(stored.ids),
            lost=acknowledged - stored.ids.keys(),
            twice={one for one, times in stored.ids.items() if times > 1},
            foreign=stored.ids.keys() - acknowledged - unsure,
            silences=tuple(_silences(ledger, killer)),
            segments=stored.segments,
            merges=merges,
            answers=ledger.answers,
            faults=tuple(faults),
        )

    def _inbox_is_empty(self) -> bool:
        return self._one("SELECT count(*) FROM analytics_inboxentry") == 0

    def _merged(self) -> int:
        """How many segments are the result of a merge, or were when they were merged again."""
        return self._one("SELECT count(*) FROM analytics_segment WHERE is_summarized")

    def _is_swept(self) -> bool:
        self._ask("analytics.tasks.sweep")
        time.sleep(1)
        return self._one(_LONG_RETIRED) == 0 and not self.stored().strays

    def _one(self, query: str) -> int:
        try:
            with psycopg.connect(self.run.servers()["DATABASE_URL"]) as connection:
                row = connection.execute(query).fetchone()
        except psycopg.OperationalError:
            # It is on its way up.
            return -1
        return int(row[0]) if row else 0

    @contextmanager
    def _merging(self) -> Iterator[None]:
        """Ask for sealing and compaction more often than beat does."""
        ending = threading.Event()

        def ask() -> None:
            for task in itertools.cycle(UPKEEP):
                if ending.wait(UPKEEP_EVERY):
                    return
                self._ask(task)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        yield
        ending.set()
        thread.join()

    def _ask(self, task: str) -> None:
        """Put a task into the worker's queue; nothing where Redis is down."""
        app = Celery("plumbline-crash", broker=environment.broker(self.run.servers()["REDIS_URL"]))
        try:
            with app.connection_for_write() as connection:
                app.send_task(task, connection=connection, queue="default", expires=10, retry=False)
        except (KombuError, RedisError, OSError):
            return


def _silences(ledger: Ledger, killer: Killer) -> Iterator[str]:
    """The longest times without an acknowledgement, each with what was killed from shortly before on."""
    for ended, seconds in sorted(ledger.silences, key=lambda item: -item[1])[:LONGEST]:
        killed = [names for at, names in killer.times if ended - seconds - 1 <= at <= ended]
        yield f"{seconds:.1f} s: {', '.join(killed) or 'nothing was killed'}"


def run_in(folder: Path, **environ: str) -> Run:
    """A run on an empty data folder below this one, which the database's own user can reach."""
    folder.chmod(0o755)
    return Run(folder / "var", folder / "output", **environ)
