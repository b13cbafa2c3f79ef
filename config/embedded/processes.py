"""What an embedded server needs to be started: a command, a user to run as, and a way to see that it is up."""

import ctypes
import hashlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# sun_path holds 108 bytes with its closing zero.
_LONGEST_SOCKET_PATH = 107
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Server:
    """One server in the foreground; `is_up` answers at once, `url` is what clients connect to."""

    name: str
    command: tuple[str, ...]
    url: str
    is_up: Callable[[], bool]
    stop_signal: signal.Signals
    user: str | None = None

    def start(self, output: int) -> "subprocess.Popen[bytes]":
        """Start it in a session of its own, so that a terminal's Ctrl-C reaches only who started it."""
        return subprocess.Popen(
            self.command,
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(self.stop_signal),  # noqa: PLW1509 (started by a main thread)
        )


def socket_folder(data: Path, file_name: str) -> Path:
    """A folder for a Unix socket: the data folder, or a short one where its path is too long for a socket."""
    if len(bytes(data / file_name)) <= _LONGEST_SOCKET_PATH:
        return data
    short = Path(tempfile.gettempdir()) / ("plumbline-" + hashlib.sha256(bytes(data)).hexdigest()[:12])
    short.mkdir(mode=0o700, exist_ok=True)
    return short


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What a child runs first, so that the kernel signals it should its parent be killed; only Linux can."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, number)
