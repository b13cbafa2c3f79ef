"""Real PostgreSQL and Redis for the suite, before Django reads its settings.

`DATABASE_URL` and `REDIS_URL` are used where set; else embedded servers live as long as the run, in a temporary
folder. The processes of pytest-xdist inherit the servers of the first.
"""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.embedded.processes import Server

_WAIT_SECONDS = 30


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """A server in the foreground, stopped on leaving."""
    child = server.start(subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not server.is_up():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{server.name} did not come up: {' '.join(server.command)}")
            time.sleep(0.05)
        yield server
    finally:
        child.send_signal(server.stop_signal)
        child.wait(_WAIT_SECONDS)


@contextlib.contextmanager
def services() -> Iterator[None]:
    """Sets the environment that the settings read, starting what is not given."""
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-test-")))
        scratch.chmod(0o755)
        if not os.environ.get("DATABASE_URL"):
            from config.embedded import postgres  # noqa: PLC0415 (not even imported where a server is given)

            server = postgres.prepare(
                scratch / "postgres", fsync="off", synchronous_commit="off", full_page_writes="off"
            )
            stack.enter_context(running(server))
            postgres.create_database(server)
            os.environ["DATABASE_URL"] = server.url
        if not os.environ.get("REDIS_URL"):
            from config.embedded import redis  # noqa: PLC0415

            os.environ["REDIS_URL"] = stack.enter_context(
                running(redis.prepare(scratch / "redis", durable=False))
            ).url
        os.environ["PLUMBLINE_DATA"] = str(scratch / "data")
        (scratch / "data" / "static").mkdir(parents=True)
        os.environ["SECRET_KEY"] = "tests only: " + "x" * 40
        for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "OPENAI_", "STRIPE_"))]:
            del os.environ[name]
        yield


def with_database(redis_url: str, number: int) -> str:
    """The same Redis with another database: processes of one run share the server and must not meet in it."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return parts._replace(path=f"/{number}").geturl()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    if "PYTEST_XDIST_WORKER" in os.environ:
        number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
        os.environ["REDIS_URL"] = with_database(os.environ["REDIS_URL"], number + 1)
        return (yield)
    stack = contextlib.ExitStack()
    stack.enter_context(services())
    _open.append(stack)
    return (yield)


def pytest_unconfigure() -> None:
    while _open:
        _open.pop().close()


_open: list[contextlib.ExitStack] = []
