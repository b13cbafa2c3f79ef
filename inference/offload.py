"""Database calls from an event loop: a few threads of their own, and no connection held between two calls."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from django.db import connections

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Key = TypeVar("_Key")

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="inference-database")


async def in_database(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run a function that uses the database without holding up the loop."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(_run, function, *args, **kwargs))


class Gathered(Generic[_Key, _T]):
    """Reads of one kind in one event loop: what is asked for while one is under way is in the next, together."""

    def __init__(self, read: Callable[[list[_Key]], Mapping[_Key, _T]]) -> None:
        self.read = read
        self.waiting: dict[_Key, asyncio.Future[_T | None]] = {}
        self.reading: asyncio.Task[None] | None = None

    async def get(self, key: _Key) -> _T | None:
        """What is found under this key; None for nothing. Raises what reading raises."""
        if key not in self.waiting:
            self.waiting[key] = asyncio.get_running_loop().create_future()
        found = self.waiting[key]
        if self.reading is None:
            self.reading = asyncio.create_task(self._read())
        # Several may wait for the same.
        return await asyncio.shield(found)

    async def _read(self) -> None:
        while self.waiting:
            asked, self.waiting = self.waiting, {}
            try:
                found = await in_database(self.read, list(asked))
            except Exception as error:  # noqa: BLE001 (whoever asked gets it)
                for future in asked.values():
                    future.set_exception(error)
            else:
                for key, future in asked.items():
                    future.set_result(found.get(key))
        self.reading = None


def _run(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    try:
        return function(*args, **kwargs)
    finally:
        connections.close_all()  # this thread's; a pooled connection goes back to its pool
