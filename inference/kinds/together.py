"""Several calls of one job side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")

# Of one job, so that one that is long does not take the provider's whole allowance.
AT_ONCE = 8


async def together(makers: Iterable[Callable[[], Awaitable[_T]]]) -> list[_T]:
    """What they give, in their order. Where one fails, the others are ended and its error is raised."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(make: Callable[[], Awaitable[_T]]) -> _T:
        async with room:
            return await make()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(make)) for make in makers]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]
