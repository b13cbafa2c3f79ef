"""The runner of this process: a thread with the event loop, started by the first wake."""

import asyncio
import gc
import sys
import threading
from importlib import import_module
from importlib.util import find_spec

import structlog
from django.conf import settings
from redis.asyncio import BlockingConnectionPool, Redis

from inference import configuration
from inference.runner.runner import Runner

# As the web process has it; there is none for Windows.
_LOOP = import_module("uvloop" if find_spec("uvloop") else "asyncio").new_event_loop
_STOP_SECONDS = 5.0
_CONNECTIONS = 16
# Calls leave nothing for the collector, so it need not look after each few hundred objects.
_COLLECT_AFTER = 20_000
# The loop waits for no longer than this for the interpreter, while a thread writes what has ended.
_SWITCH_SECONDS = 0.0005
_log = structlog.get_logger(__name__)


class RunnerThread:
    """Started when there is first something to do; a loop that broke is started anew by the next wake."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # the signal that stops may come in the middle of a wake
        self.thread: threading.Thread | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.runner: Runner | None = None
        self.stopped = False

    def wake(self) -> None:
        """Make the runner look for work now."""
        with self.lock:
            if self.stopped:
                return
            if self.thread is None or not self.thread.is_alive():
                self.loop = self.runner = None
                self.thread = threading.Thread(target=self._run, name="inference-runner", daemon=True)
                self.thread.start()
            elif self.loop and self.runner:
                self.loop.call_soon_threadsafe(self.runner.wake)

    def stop(self) -> None:
        """Give all jobs back to the queue; returns when that is done, or after five seconds."""
        with self.lock:
            self.stopped = True
            if self.loop and self.runner and not self.loop.is_closed():
                self.loop.call_soon_threadsafe(self.runner.stop)
        if self.thread is not None:
            self.thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        _settle()
        with asyncio.Runner(loop_factory=_LOOP) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        # A thousand calls at once share these, one after another: connections cost more.
        pool = BlockingConnectionPool.from_url(
            settings.REDIS_URL, max_connections=_CONNECTIONS, timeout=10, socket_connect_timeout=5
        )
        async with Redis.from_pool(pool) as redis:
            self.runner = Runner(redis, configuration.limits())
            self.loop = asyncio.get_running_loop()
            await self.runner.run()


RUNNER = RunnerThread()


def _settle() -> None:
    """What is loaded by now stays: the collector passes it over, and pauses for a moment only."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
