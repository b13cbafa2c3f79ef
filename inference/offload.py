"""Database calls from an event loop: a few threads of their own, and no connection held between two calls."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connections

_P = ParamSpec("_P")
_T = TypeVar("_T")

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="inference-database")


async def in_database(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run a function that uses the database without holding up the loop."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(_run, function, *args, **kwargs))


def _run(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    try:
        return function(*args, **kwargs)
    finally:
        connections.close_all()  # this thread's; a pooled connection goes back to its pool
