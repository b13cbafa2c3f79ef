"""The runner of this process: a thread with the event loop, started by the first wake."""

import asyncio
import threading

import structlog
from django.conf import settings
from redis.asyncio import Redis

from inference import configuration
from inference.runner.runner import Runner

_STOP_SECONDS = 5.0
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
        asyncio.run(self._main())

    async def _main(self) -> None:
        async with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5) as redis:
            self.runner = Runner(redis, configuration.limits())
            self.loop = asyncio.get_running_loop()
            await self.runner.run()


RUNNER = RunnerThread()
