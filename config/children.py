"""A child process of the supervisor: started, watched, revived with a growing pause, stopped."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from config.embedded.processes import Server, die_with_parent

LONGEST_PAUSE = 10.0
# Who ran this long is no child that cannot run: it comes back at once.
STEADY_SECONDS = 10.0
LARGEST_LOG = 10 * 1024 * 1024


class Child:
    """One process; `listener` is handed to it as file descriptor LISTEN_FD.

    Of `environment` it gets what the supervisor's own does not say.
    """

    def __init__(
        self,
        name: str,
        command: tuple[str, ...],
        log: Path,
        *,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        listener: socket.socket | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
        is_up: Callable[[], bool] | None = None,
    ) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.user = user
        self.stop_signal = stop_signal
        self.listener = listener
        self.environment = environment
        self.is_up = is_up or self._answers
        self.process: subprocess.Popen[bytes] | None = None
        self.pause = 0.5
        self.started_at = 0.0
        self.revive_at: float | None = None

    @classmethod
    def of(cls, server: Server, log: Path) -> "Child":
        """The child that runs an embedded server."""
        return cls(
            server.name, server.command, log, user=server.user, stop_signal=server.stop_signal, is_up=server.is_up
        )

    def start(self) -> None:
        """Start the process, its output appended to its log."""
        environment = {**self.environment, **os.environ}
        descriptors: tuple[int, ...] = ()
        if self.listener is not None:
            descriptors = (self.listener.fileno(),)
            environment["LISTEN_FD"] = str(self.listener.fileno())
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=descriptors,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal),  # noqa: PLW1509 (the supervisor has one thread)
            )
        self.started_at = time.monotonic()

    def wait_until_up(self, seconds: float) -> bool:
        """Whether it answered within this time; False at once when it has died."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                return False
            if self.is_up():
                return True
            time.sleep(0.05)
        return False

    def revive(self) -> str:
        """Restart a dead process once its pause is over; a sentence when something happened, else empty."""
        if self.process is None or self.process.poll() is None:
            return ""
        now = time.monotonic()
        if self.revive_at is None:
            steady = now - self.started_at > STEADY_SECONDS
            self.pause = 0.5 if steady else min(self.pause * 2, LONGEST_PAUSE)
            self.revive_at = now + self.pause
            return f"==> {self.name} ended ({_ending(self.process.returncode)}); restarting it\n{self.tail()}"
        if now < self.revive_at:
            return ""
        try:
            self.start()
        except (OSError, subprocess.SubprocessError) as error:
            # Its log cannot be written, or no process be made: that may pass.
            self.revive_at = now + LONGEST_PAUSE
            return f"==> {self.name} cannot be started: {error}; trying again"
        self.revive_at = None
        return f"==> {self.name} is started again (process {self.process.pid})"

    def signal(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def wait(self, deadline: float) -> bool:
        """Whether it ended by itself before this moment (of time.monotonic); else its whole session is killed."""
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return False
        return True

    def tail(self, lines: int = 8) -> str:
        """The end of its log, indented."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            last = log.read().decode(errors="replace").splitlines()[-lines:]
        return "\n".join(f"    {line}" for line in last)

    def _answers(self) -> bool:
        if self.listener is None:
            return True
        host, port = self.listener.getsockname()[:2]
        connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=2)  # noqa: S104
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def run_to_end(command: tuple[str, ...]) -> int:
    """Run a step to its end on this terminal and return its exit code.

    A signal that stops the supervisor ends the step as well.
    """
    step = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 (the supervisor has one thread)
    )
    try:
        return step.wait()
    finally:
        if step.poll() is None:
            step.terminate()
            try:
                step.wait(5)
            except subprocess.TimeoutExpired:
                step.kill()
                step.wait()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
