"""The whole product as `make run` starts it, for tests and benchmarks that need real processes."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
# A start takes ten seconds, and on a busy machine with a slow disk ten times as many.
PATIENCE = 150


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(what: Callable[[], bool], within: float = PATIENCE) -> None:
    """Wait for other processes to get there."""
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


async def until(what: Callable[[], bool], within: float = PATIENCE) -> None:
    """The same in an event loop."""
    async with asyncio.timeout(within):
        while not what():  # noqa: ASYNC110 (another thread or process makes it so)
            await asyncio.sleep(0.02)


# By the tests of this process, and not known to have ended; where one fails, `tests.evidence` shows them.
started: list["Run"] = []


class Run:
    """One `python -m config.supervisor` on this data folder, embedded servers and all, its output in a file."""

    def __init__(self, data: Path, output: Path, **environment: str) -> None:
        self.data = data
        self.output = output
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        embedded = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        settings = {
            "PORT": str(self.port),
            "PLUMBLINE_DATA": str(data),
            "PLUMBLINE_BASE_URL": self.base_url,
            "PLUMBLINE_DEMO": "false",
        }
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**embedded, **settings, **environment},
            )
        started.append(self)

    def says(self, text: str) -> bool:
        """Whether it has printed this; fails where it has ended instead."""
        assert self.process.poll() is None, self.output.read_text()
        return text in self.output.read_text()

    def wait_until_up(self) -> None:
        eventually(lambda: self.says("Plumbline is up"))

    def answers(self, path: str) -> bool:
        """Whether this path gives 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status == 200
        return False

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        """Waits for the child whose command line has this word: config.web, worker, beat, or a server's path."""
        found: list[psutil.Process] = []

        def is_there() -> bool:
            found.extend(one for one in self.descendants() if word in _command(one))
            return bool(found)

        eventually(is_there)
        return found[0]

    def manage(self, *arguments: str) -> str:
        """The output of a management command, run as in another terminal."""
        own = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
        environment = {name: value for name, value in os.environ.items() if name not in own}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**environment, "PLUMBLINE_DATA": str(self.data)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def servers(self) -> dict[str, str]:
        """DATABASE_URL, REDIS_URL and what else its children were given."""
        lines = (self.data / "run.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Seconds until it had ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(30) == 0, self.output.read_text()
        return time.monotonic() - began


def _command(process: psutil.Process) -> list[str]:
    """Its command line; empty for one that has just ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []
