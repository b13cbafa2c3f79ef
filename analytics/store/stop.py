"""What ends a query before it is done: its deadline, or somebody who does not want it any more. No Django here."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from accounts.errors import Cancelled, DeadlineExceeded, PlumblineError

# An engine forgets an interruption that comes between two statements, so it is repeated.
_AGAIN_SECONDS = 0.05


class Stop:
    """The end of one query, however many readings it takes: seconds from its beginning, or `cancel`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_cancelled = False
        self._ends_at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._wakers: set[threading.Event] = set()

    @property
    def remaining(self) -> float:
        """Seconds that are left, 0 at the least."""
        return max(0.0, self._ends_at - time.monotonic())

    @property
    def is_over(self) -> bool:
        return self.is_cancelled or not self.remaining

    @property
    def error(self) -> PlumblineError:
        """Why it ended."""
        if self.is_cancelled:
            return Cancelled("The query was cancelled.")
        return DeadlineExceeded(f"The query took longer than {self.seconds:g} seconds.")

    def begin(self) -> None:
        """The seconds count from now on."""
        self._ends_at = time.monotonic() + self.seconds

    def cancel(self) -> None:
        with self._lock:
            self.is_cancelled = True
            wakers = list(self._wakers)
        for waker in wakers:
            waker.set()

    @contextmanager
    def interrupting(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Call `interrupt`, from another thread, again and again from the end on until the block is left.

        Raises what `error` says where the end is there already.
        """
        watch = _Watch(self, interrupt)
        with self._lock:
            if self.is_over:
                raise self.error
            self._wakers.add(watch.woken)
        watch.start()
        try:
            yield
        finally:
            with self._lock:
                self._wakers.discard(watch.woken)
            watch.leave()


class _Watch(threading.Thread):
    def __init__(self, stop: Stop, interrupt: Callable[[], object]) -> None:
        super().__init__(name="query-watch", daemon=True)
        self.woken = threading.Event()
        self._stop_, self._interrupt = stop, interrupt
        self._left = threading.Event()
        # What is interrupted must not be gone.
        self._inside = threading.Lock()

    def run(self) -> None:
        self.woken.wait(self._stop_.remaining)
        while not self._left.is_set():
            with self._inside:
                if not self._left.is_set():
                    self._interrupt()
            self._left.wait(_AGAIN_SECONDS)

    def leave(self) -> None:
        with self._inside:
            self._left.set()
        self.woken.set()
