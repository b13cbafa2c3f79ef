"""Writes how jobs ended: what ends while one group is written is the next group."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django import db
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from inference.models import Job
from inference.offload import in_database
from inference.queries import shown
from inference.services import finishing
from inference.services.outcomes import Outcome

# Jobs, and characters of their answers, of one group.
_MOST_TOGETHER, _LARGEST = 200, 8_000_000
# Bytes of a job that is told of as a whole: who waits for it need not ask for it then.
_LONGEST_SHOWN = 65_536


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that is written: as the API shows it, None where that is long or costs a question."""

    shown: bytes | None


@dataclass(slots=True)
class _Ending:
    job: Job
    outcome: Outcome
    written: "asyncio.Future[Ended | None]"


class Finisher:
    """Lives in one event loop."""

    def __init__(self) -> None:
        self.waiting: list[_Ending] = []
        self.writing: asyncio.Task[None] | None = None

    async def finish(self, job: Job, outcome: Outcome) -> Ended | None:
        """Write this end; None where the lease was lost. Raises what stands in its way, and in its alone."""
        ending = _Ending(job, outcome, asyncio.get_running_loop().create_future())
        self.waiting.append(ending)
        if self.writing is None:
            self.writing = asyncio.create_task(self._write())
        return await ending.written

    async def _write(self) -> None:
        while self.waiting:
            group = self._next()
            if not await _together(group):
                for ending in group:
                    await _alone(ending)
        self.writing = None

    def _next(self) -> list[_Ending]:
        """Those that have waited longest, one at least."""
        count = size = 0
        while count < min(len(self.waiting), _MOST_TOGETHER) and size < _LARGEST:
            size += len(self.waiting[count].outcome.output)
            count += 1
        group, self.waiting = self.waiting[:count], self.waiting[count:]
        return group


async def _together(group: Sequence[_Ending]) -> bool:
    """False where one of them stands in the way of all."""
    try:
        written = await _written(group)
    except Exception:  # noqa: BLE001 (each of them is tried alone then, and raises what is its own)
        return False
    for ending in group:
        _tell(ending, written)
    return True


async def _alone(ending: _Ending) -> None:
    try:
        _tell(ending, await _written([ending]))
    except Exception as error:  # noqa: BLE001 (whoever waits for it gets it)
        if not ending.written.done():
            ending.written.set_exception(error)


def _tell(ending: _Ending, written: Mapping[UUID, Ended]) -> None:
    if not ending.written.done():  # nobody waits any more
        ending.written.set_result(written.get(ending.job.pk))


@retry(
    retry=retry_if_exception_type((db.OperationalError, db.InterfaceError)),
    wait=wait_fixed(1),
    stop=stop_after_attempt(10),
    reraise=True,
)
async def _written(group: Sequence[_Ending]) -> dict[UUID, Ended]:
    """Paid for and not yet written: a short absence of the database must not cost the answers."""
    return await in_database(_finish, [(ending.job, ending.outcome) for ending in group])


def _finish(given: Sequence[finishing.End]) -> dict[UUID, Ended]:
    return {job.pk: Ended(_shown(job)) for job in finishing.finish_all(given)}


def _shown(job: Job) -> bytes | None:
    # Of a stored prompt the name is asked for, and for a job of a batch nobody waits.
    if job.prompt_version_id or job.batch_id or len(job.output) > _LONGEST_SHOWN:
        return None
    body = shown.as_json(job)
    return body if len(body) <= _LONGEST_SHOWN else None
