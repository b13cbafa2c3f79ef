"""What a product that a test started has to say where the test fails: its processes and the ends of its logs.

Both are gone once the test has cleaned up after itself, so they go into the report.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import psutil
import pytest

from tests.product import Run, started

# Enough for a traceback or two in each log.
TAIL_BYTES = 16 * 1024


def pytest_runtest_setup() -> None:
    """What earlier tests started and ended is not this one's."""
    started[:] = [run for run in started if run.process.poll() is None]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [section for run in started for section in evidence(run)]
    return report


def evidence(run: Run) -> Iterator[tuple[str, str]]:
    """Title and text of what a run left behind, each log under its file's name."""
    yield f"processes of {run.base_url}", "\n".join(_processes(run)) or "none is left"
    for path in (run.output, *sorted((run.data / "log").glob("*.log"))):
        yield f"end of {path}", _tail(path)


def _processes(run: Run) -> Iterator[str]:
    if run.process.poll() is not None:
        yield f"the supervisor ended with {run.process.returncode}"
        return
    for one in (psutil.Process(run.process.pid), *run.descendants()):
        try:
            yield f"{one.pid} {one.status()}, {one.num_threads()} threads: {' '.join(one.cmdline())[:120]}"
        except psutil.NoSuchProcess:
            yield f"{one.pid} has just ended"


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError as error:
        return f"cannot be read: {error}"
