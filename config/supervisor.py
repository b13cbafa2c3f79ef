"""`make run`: starts everything on one machine, keeps it up, and ends all of it.

Children live in sessions of their own, so that Ctrl-C reaches only the supervisor, which stops them in order:
first those that serve, then the databases. Should the supervisor itself be killed, the kernel ends them (Linux).
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from config.children import Child, run_to_end

# All of it must be gone within 15 s of the signal: serving children first, then the databases.
SERVING_SECONDS = 7.0
DATABASE_SECONDS = 5.0
UP_SECONDS = 60.0
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 (compared with, not listened on)
FOR_CHILDREN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PLUMBLINE_DATA", "PLUMBLINE_BASE_URL")
# Allocators that give back what the worker's large and rare work has used: by default each thread keeps a share.
FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "jemalloc", "MALLOC_ARENA_MAX": "2"}


class Stop(BaseException):
    """A signal asked for the end; like KeyboardInterrupt, no ordinary handler may swallow it."""


class CannotStart(Exception):
    """Why it cannot start, as a sentence for the person at the terminal."""


def say(text: str) -> None:
    """A line for the person at the terminal; where it cannot be written, as on a full disk, the rest goes on."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@dataclass(slots=True)
class Options:
    """What the environment asks for."""

    data: Path
    host: str
    port: int
    demo: bool
    sends_mail: bool = False

    @property
    def run_file(self) -> Path:
        return self.data / "run.env"

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Options":
        """Raises CannotStart for a port that is none."""
        text = environ.get("PORT") or "8000"
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise CannotStart(f"PORT is {text!r}; it must be a number from 1 to 65535.")
        data = Path(environ.get("PLUMBLINE_DATA") or "var").expanduser().resolve()
        demo = (environ.get("PLUMBLINE_DEMO") or "true").lower() not in {"false", "0", "no", "off"}
        return cls(
            data=data,
            host=environ.get("HOST") or "127.0.0.1",
            port=int(text),
            demo=demo,
            sends_mail=bool(environ.get("EMAIL_URL")),
        )


@dataclass(slots=True)
class Supervisor:
    """Starts, watches and stops the children."""

    options: Options
    databases: list[Child] = field(default_factory=list)
    serving: list[Child] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        host = "127.0.0.1" if self.options.host in EVERY_ADDRESS else self.options.host
        return os.environ.get("PLUMBLINE_BASE_URL") or f"http://{host}:{self.options.port}"

    def start(self) -> None:
        """Bring everything up, a line for each step; raises CannotStart."""
        began = time.monotonic()
        listener = _listen(self.options.host, self.options.port)
        os.environ["PLUMBLINE_DATA"] = str(self.options.data)
        os.environ["PLUMBLINE_BASE_URL"] = self.base_url
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ.setdefault("SECRET_KEY", _secret_key(self.options.data / "secret_key"))
        self._start_postgres()
        self._start_redis()
        self._write_run_file()
        self._prepare()
        self._start_serving(listener)
        self._welcome(time.monotonic() - began)

    def watch(self) -> None:
        """Restart what dies, until a signal raises Stop."""
        while True:
            for child in (*self.databases, *self.serving):
                if note := child.revive():
                    say(note)
            time.sleep(0.25)

    def stop(self) -> None:
        """End the children: each group gets its signal at once, and what outlives its time is killed."""
        with contextlib.suppress(OSError):
            # On a disk that cannot be written it stays; the children end all the same.
            self.options.run_file.unlink(missing_ok=True)
        for group, seconds in ((self.serving, SERVING_SECONDS), (self.databases, DATABASE_SECONDS)):
            for child in group:
                child.signal()
            deadline = time.monotonic() + seconds
            for child in group:
                if not child.wait(deadline):
                    say(f"    {child.name} did not end in time and was killed")

    def _start_postgres(self) -> None:
        if os.environ.get("DATABASE_URL"):
            say("==> PostgreSQL: yours (DATABASE_URL)")
            return
        from config.embedded import postgres  # noqa: PLC0415 (not even imported where a server is given)

        say("==> Starting PostgreSQL")
        server = postgres.prepare(self.options.data / "postgres")
        self._add_database(Child.of(server, self._log("postgres")))
        postgres.create_database(server)
        os.environ["DATABASE_URL"] = server.url

    def _start_redis(self) -> None:
        if os.environ.get("REDIS_URL"):
            say("==> Redis: yours (REDIS_URL)")
            return
        from config.embedded import redis  # noqa: PLC0415

        say("==> Starting Redis")
        server = redis.prepare(self.options.data / "redis")
        self._add_database(Child.of(server, self._log("redis")))
        os.environ["REDIS_URL"] = server.url

    def _write_run_file(self) -> None:
        # For `manage.py` in another terminal; it holds the secret key.
        path = self.options.run_file
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={os.environ[name]}\n" for name in FOR_CHILDREN))

    def _add_database(self, child: Child) -> None:
        self.databases.append(child)
        child.start()
        if not child.wait_until_up(UP_SECONDS):
            raise CannotStart(f"{child.name} did not come up.\n{child.tail()}")

    def _prepare(self) -> None:
        demo = ("--demo",) if self.options.demo else ()
        if run_to_end((sys.executable, "manage.py", "prepare", "--base-url", self.base_url, *demo)) != 0:
            raise CannotStart("the last step failed; what it said stands above.")

    def _start_serving(self, listener: socket.socket) -> None:
        say("==> Starting web, worker and beat")
        celery = (sys.executable, "-m", "celery", "--app", "config")
        queues = ("--queues", "default,inference", "--pool", "threads", "--concurrency", "4")
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        self.serving += [
            Child("web", (sys.executable, "-m", "config.web"), self._log("web"), listener=listener),
            Child(
                "worker",
                (*celery, "worker", *queues, *quiet, "--loglevel", "WARNING"),
                self._log("worker"),
                environment=FRUGAL,
            ),
            Child(
                "beat",
                (sys.executable, "-m", "celery", "--app", "config.beat", "beat", "--loglevel", "WARNING"),
                self._log("beat"),
            ),
        ]
        for child in self.serving:
            child.start()
        if not self.serving[0].wait_until_up(UP_SECONDS):
            raise CannotStart(f"web did not come up.\n{self.serving[0].tail()}")

    def _log(self, name: str) -> Path:
        return self.options.data / "log" / f"{name}.log"

    def _welcome(self, seconds: float) -> None:
        say(f"\nPlumbline is up after {seconds:.1f} s: {self.base_url}\n")
        demo = self.options.data / "demo.json"
        if self.options.demo:
            self._show_logins(json.loads(demo.read_text())["logins"])
            say(f"\nKeys and logins: {demo}")
        if not self.options.sends_mail:
            say("Mail is not sent, as EMAIL_URL is not set: it is in web.log and worker.log, among the logs.")
        say(f"Logs: {self.options.data / 'log'}\nCtrl-C ends all of it; the data stays.")

    def _show_logins(self, logins: dict[str, dict[str, str]]) -> None:
        width = max(len(login["email"]) for login in logins.values())
        for role, login in logins.items():
            where = f"{self.base_url}/admin/" if role == "staff" else self.base_url
            say(f"  {role:<8} {login['email']:<{width}}  {login['password']}  {where}")


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds the data folder's lock; raises CannotStart where another supervisor has it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        (data / "log").mkdir(exist_ok=True)
        lock: IO[str] = (data / "run.lock").open("a+")
    except OSError as error:
        raise CannotStart(f"The data folder {data} cannot be written: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Plumbline runs on {data} already; end that first, or set PLUMBLINE_DATA."
            ) from None
        yield


def _listen(host: str, port: int) -> socket.socket:
    # Held here, not by the web process: while that one restarts, connections wait instead of being refused.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise CannotStart(f"{host}:{port} cannot be listened on: {error.strerror}. Try PORT=8001.") from error
    listener.listen(2048)
    return listener


def _secret_key(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stop


def main() -> int:
    """Run until a signal; 0 after an orderly end, 1 where it could not start."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    try:
        options = Options.read(os.environ)
        with only_one(options.data):
            return _run(Supervisor(options))
    except CannotStart as error:
        say(f"\nPlumbline cannot start: {error}")
        return 1
    except Stop:
        return 0


def _run(supervisor: Supervisor) -> int:
    try:
        supervisor.start()
        supervisor.watch()
    except Stop:
        say("\n==> Stopping")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
