"""The product's own processes for tests: a web process and a worker, on the test's database and Redis."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

# A bound, not a measure: on a busy machine a process takes half a minute to start, and a job waits for it.
_UP_SECONDS = 90
LEASE_SECONDS = 1.0


def environment(**more: str) -> dict[str, str]:
    """This run's services, with the database that the tests made."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = str(connection.settings_dict["NAME"])
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
        "PLUMBLINE_INFERENCE_LEASE": str(LEASE_SECONDS),
        **more,
    }


class Process:
    """A child that is killed at the latest when the block ends."""

    def __init__(self, *arguments: str, environ: dict[str, str], listener: socket.socket | None = None) -> None:
        descriptors = (listener.fileno(),) if listener else ()
        given = {"LISTEN_FD": str(listener.fileno())} if listener else {}
        self.child = subprocess.Popen(
            (sys.executable, *arguments),
            env={**environ, **given},
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """As `kill -9` of all of it does."""
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def terminate(self) -> None:
        """Ask it to end, and wait until it has."""
        self.child.terminate()
        self.child.wait(15)


def worker(**environ: str) -> Process:
    """A worker as `make run` starts it, for the queue `inference` alone."""
    options = ("--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle")
    return Process(
        *("-m", "celery", "-A", "config", "worker", "-Q", "inference", "--loglevel", "WARNING", *options),
        environ=environment(**environ),
    )


class Web(Process):
    """A web process on a port of its own; `url` answers when the block begins."""

    def __init__(self, **environ: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            super().__init__("-m", "config.web", environ=environment(**environ), listener=listener)

    def __enter__(self) -> "Web":
        deadline = time.monotonic() + _UP_SECONDS
        while self.request("GET", "/healthz")[0] != 200:
            assert time.monotonic() < deadline, "The web process did not come up."
        return self

    def request(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Status, headers in lower case, and the JSON body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_UP_SECONDS)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            text = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            found = {name.lower(): value for name, value in response.headers.items()}
            return response.status, found, json.loads(text) if is_json else {}
        finally:
            connection.close()

    def stream(self, path: str, **headers: str) -> "Stream":
        return Stream(self.port, path, headers)


class Stream:
    """The server-sent events of one connection; leaving the block cuts it."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_UP_SECONDS)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.response.close()
        self.connection.close()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each event as {event, id, data}, until the server ends the stream."""
        event: dict[str, Any] = {}
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if not name and event:
                yield event
                event = {}
            elif name in {"event", "id"}:
                event[name] = value
            elif name == "data":
                event["data"] = json.loads(value)
