"""The supervisor's children, and a hand that kills them."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field

import psutil

from config.children import STEADY_SECONDS
from tests.product import Run

# The part of a command line that tells a child.
WORDS = {
    "web": "config.web",
    "worker": " worker ",
    "beat": " beat ",
    "postgres": "bin/postgres",
    "redis": "redis-server",
}
# One kill in so many takes two at once, takes whoever is alive, or waits for a half-written file.
TWO_AT_ONCE = 6
WHOEVER = 8
IN_A_FILE = 2
WAIT_FOR_A_FILE = 4.0


def children(run: Run) -> dict[str, psutil.Process]:
    """By name; who has just died is missing."""
    found = {}
    for process in psutil.Process(run.process.pid).children():
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        found.update({name: process for name, word in WORDS.items() if word in command})
    return found


@dataclass(slots=True)
class Killer:
    """Chooses by `chance`, kills by SIGKILL, and counts.

    Who is killed soon after a start waits longer and longer for the next one, as a child that cannot run should.
    So victims are mostly those that have been up for that long; else most kills would hit nobody.
    """

    run: Run
    chance: random.Random
    names: tuple[str, ...] = tuple(WORDS)
    kills: Counter[str] = field(default_factory=Counter)
    twos: int = 0
    in_a_file: int = 0
    times: list[tuple[float, str]] = field(default_factory=list)

    def strike(self) -> None:
        """Kill one or two; waits until somebody may be killed."""
        wanted = 1 + (self.chance.randrange(TWO_AT_ONCE) == 0)
        anybody = self.chance.randrange(WHOEVER) == 0
        while not (able := self._able(anybody)):
            time.sleep(0.1)
        chosen = self.chance.sample(sorted(able), min(wanted, len(able)))
        if "worker" in chosen and self.chance.randrange(IN_A_FILE) == 0:
            self.in_a_file += self._is_writing()
        killed = [name for name in chosen if _kill(able[name])]
        self.kills.update(killed)
        self.times.append((time.monotonic(), " and ".join(killed)))
        self.twos += len(killed) == 2

    def _able(self, anybody: bool) -> dict[str, psutil.Process]:
        born_before = time.time() - STEADY_SECONDS - 0.5
        return {
            name: process
            for name, process in children(self.run).items()
            if name in self.names and (anybody or process.create_time() < born_before)
        }

    def _is_writing(self) -> bool:
        """Wait for the worker to be in the middle of a file, for a while."""
        deadline = time.monotonic() + WAIT_FOR_A_FILE
        store = self.run.data / "store"
        while time.monotonic() < deadline:
            if next(store.glob("*/*/*.forming"), None) is not None:
                return True
            time.sleep(0.002)
        return False


def _kill(process: psutil.Process) -> bool:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True
