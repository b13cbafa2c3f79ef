"""Jobs are made in groups: what an organization asks for while one group is written is its next.

Django makes each alone, with a dozen statements; a group takes as many. What is not plain goes to Django: a key
with a limit of its own, an Idempotency-Key, a stored prompt, a project, the wish for an earlier answer, a large
body, and whatever is refused, so that there is one place that says why.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.typing import HTTPScope
from django import db

from accounts.database_faults import unavailable
from accounts.errors import PlumblineError
from accounts.permissions import Capability
from analytics.api.door import headers_of, headers_of_answer, request_id_of
from inference.callers import Caller, Callers
from inference.inner import JOBS, Answer
from inference.inputs import AnyJob, PromptedJob, parse_any, parse_task
from inference.offload import in_database
from inference.queries import shown
from inference.services import together

# Of a larger body, to read it costs more than to make the job.
LARGE = 64 * 1024
_MOST_TOGETHER = 100

_Made = tuple[UUID, bytes]


@dataclass(frozen=True, slots=True)
class _Asked:
    caller: Caller
    request: AnyJob
    # None where Django is to answer.
    made: "asyncio.Future[_Made | None]"


class Creator:
    """Of one process, in its event loop."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        self.waiting: defaultdict[int, list[_Asked]] = defaultdict(list)
        self.writing: dict[int, asyncio.Task[None]] = {}

    async def create(self, scope: HTTPScope, body: bytes) -> Answer | None:
        """The answer to a plain request; None where Django has to answer."""
        headers = headers_of(scope)
        if not _is_plain(scope, headers):
            return None
        try:
            request = _parsed(scope, body)
            caller = await self.callers.find(scope, headers)
        except (PlumblineError, ValueError, RecursionError, db.Error):
            return None
        if not caller or not caller.may(Capability.RUN_JOBS) or not isinstance(request, AnyJob):
            return None
        if not together.is_plain(request):
            return None
        request_id = request_id_of(headers)
        try:
            made = await self._made(_Asked(caller, request, asyncio.get_running_loop().create_future()))
        except db.Error as error:
            # It may be there or not: whoever asks again decides, not we.
            if (fault := unavailable(error)) is None:
                raise
            return _answer(fault.status, json.dumps(fault.body).encode(), fault.headers, request_id)
        return made and _answer(202, made[1], {"Location": f"{JOBS}{made[0]}/"}, request_id)

    async def _made(self, asked: _Asked) -> _Made | None:
        organization_id = asked.caller.organization.pk
        self.waiting[organization_id].append(asked)
        if organization_id not in self.writing:
            self.writing[organization_id] = asyncio.create_task(self._write(organization_id))
        return await asked.made

    async def _write(self, organization_id: int) -> None:
        while group := self.waiting[organization_id][:_MOST_TOGETHER]:
            del self.waiting[organization_id][: len(group)]
            try:
                made: Sequence[_Made | None] = await in_database(_make, group)
            except PlumblineError:
                made = [None] * len(group)
            except (db.IntegrityError, db.DataError):
                # Nothing was made, for sure. The key may be gone that is remembered.
                self.callers.known.forget()
                made = [None] * len(group)
            except Exception as error:  # noqa: BLE001 (whoever asked gets it)
                _fail(group, error)
                continue
            for asked, one in zip(group, made, strict=True):
                if not asked.made.done():
                    asked.made.set_result(one)
        del self.waiting[organization_id], self.writing[organization_id]


def _fail(group: Sequence[_Asked], error: Exception) -> None:
    for asked in group:
        if not asked.made.done():
            asked.made.set_exception(error)


def _make(group: Sequence[_Asked]) -> list[_Made]:
    # The newest of what was remembered of the organization.
    caller = group[-1].caller
    asked = [(one.caller.actor, one.request) for one in group]
    made = together.create(organization=caller.organization, limits=caller.limits, asked=asked)
    return [(job.pk, shown.as_json(job)) for job in made]


def _is_plain(scope: HTTPScope, headers: Mapping[str, str]) -> bool:
    return (
        headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        and "idempotency-key" not in headers
        and "content-encoding" not in headers
        and not scope["query_string"]
    )


def _parsed(scope: HTTPScope, body: bytes) -> AnyJob | PromptedJob:
    """Raises Invalid, and ValueError where it is no JSON."""
    found = json.loads(body, parse_constant=_refuse)
    task = scope["path"].removesuffix("/").rpartition("/")[2]
    return parse_any(found) if scope["path"] == JOBS else parse_task(task, found)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _answer(status: int, body: bytes, headers: Mapping[str, str], request_id: str) -> Answer:
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    pairs += [(b"content-type", b"application/json"), *headers_of_answer(body, request_id)]
    return Answer(
        {"type": "http.response.start", "status": status, "headers": pairs, "trailers": False}, bytearray(body)
    )
