"""The product as `make run` starts it, on an empty data folder, with one organization and its keys."""

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
import psutil

from tests.product import Run, eventually, free_port

# CPU seconds in a second.
IDLE = 0.1
SIMULATOR_PORT = free_port()
ENVIRONMENT = {
    "OPENAI_API_KEY": "simulated",
    "OPENAI_BASE_URL": f"http://127.0.0.1:{SIMULATOR_PORT}/v1",
    "OPENAI_MODEL": "simulated",
}


@dataclass(frozen=True, slots=True)
class Product:
    """A running product and what a client needs to use it."""

    base_url: str
    data: Path
    project_id: int
    write_key: str
    secret_key: str
    run: Run

    @contextlib.contextmanager
    def without(self, word: str) -> Iterator[None]:
        """Its process of this word stands still meanwhile."""
        process = self.run.child(word)
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    def wait_until_idle(self) -> None:
        """Until its processes have done what a benchmark's own preparation gave them to do."""
        eventually(lambda: self._cpu_of_a_second() < IDLE, within=600)

    def _cpu_of_a_second(self) -> float:
        before = self._cpu()
        time.sleep(1)
        return self._cpu() - before

    def _cpu(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in self.run.descendants())


@dataclass(slots=True)
class Used:
    """What a process used between two moments: CPU seconds, and its memory now."""

    cpu: float = 0.0
    megabytes: float = 0.0


@contextlib.contextmanager
def usage_of(process: psutil.Process) -> Iterator[Used]:
    used = Used()
    before = sum(process.cpu_times()[:2])
    yield used
    used.cpu = sum(process.cpu_times()[:2]) - before
    used.megabytes = process.memory_info().rss / 2**20


@contextlib.contextmanager
def running_product() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        run = Run(folder / "var", folder / "output", **ENVIRONMENT)
        try:
            run.wait_until_up()
            yield _set_up(run)
        finally:
            run.process.terminate()
            run.process.wait(30)


def _set_up(run: Run) -> Product:
    os.environ.update(run.servers())
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from tests.bench import seed  # noqa: PLC0415 (models need Django to be set up)

    return seed.product(run)


def median(values: list[float]) -> float:
    return statistics.median(values)
