"""The routes of the OpenAI-compatible API that stay open, as a plain ASGI callable in front of Django.

Django authenticates, checks and creates, in one short request (`inference.api.openai`); from then on an answer
that is waited for or streamed is a coroutine and a queue. A caller who leaves ends the job, as with OpenAI, unless
there is a way to come back for it: in the background, or with an Idempotency-Key.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from inference import inner
from inference.hub import Hub
from inference.openai_api.accepted import Accepted
from inference.openai_api.completions import Chunks, completion
from inference.openai_api.errors import of_refusal
from inference.openai_api.response_events import ResponseEvents
from inference.openai_api.response_object import response
from inference.openai_telling import Telling, refuse
from inference.reply import Reply
from inference.streaming import unless_gone

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
_ONE = re.compile(rf"{RESPONSES}/resp_[0-9a-f]{{32}}")
_CANCEL = re.compile(rf"{RESPONSES}/resp_[0-9a-f]{{32}}/cancel")
# A worker hears of a cancel within two seconds, if it is there.
_CANCEL_SECONDS = 10


class OpenAIOr:
    """Answers the routes that stay open itself and hands every other request on."""

    def __init__(self, application: ASGI3Application, hub: Callable[[], Hub]) -> None:
        self.application = application
        self.hub = hub

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] in {CHAT, RESPONSES}:
            await self._create(scope, receive, send)
        elif scope["method"] == "POST" and _CANCEL.fullmatch(scope["path"]):
            await self._cancel(scope, receive, send)
        elif scope["method"] == "GET" and _ONE.fullmatch(scope["path"]) and _asked(scope, "stream") == "true":
            await self._resume(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _create(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        created = await inner.whole(self.application, scope, receive)
        if created.status != 202:
            await created.send_on(send)
            return
        accepted = msgspec.json.decode(bytes(created.body), type=Accepted)
        telling = Telling(self.hub(), accepted, Reply(send, created.headers))
        if scope["path"] == CHAT:
            chunks = Chunks(accepted.shown, include_usage=accepted.include_usage)
            work = telling.stream(chunks) if accepted.stream else telling.whole(completion)
        else:
            events = ResponseEvents(accepted.job, accepted.shown)
            work = telling.stream(events) if accepted.stream else telling.whole(response)
        if not await unless_gone(work, receive):
            await telling.leave()

    async def _resume(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        found = await inner.get(self.application, scope, scope["path"])
        after = _asked(scope, "starting_after") or "-1"
        reply = Reply(send, found.headers)
        if found.status != 200:
            await found.send_on(send)
        elif not re.fullmatch(r"-1|\d{1,10}", after):
            field = {"field": "starting_after", "message": "Must be the number of an event."}
            await refuse(reply, of_refusal(400, {"error": {"code": "invalid", "fields": [field]}}))
        else:
            shown = found.json()
            accepted = Accepted(UUID(shown["id"].removeprefix("resp_")), shown, stays=True, at_once=True)
            events = ResponseEvents(accepted.job, accepted.shown, int(after))
            await unless_gone(Telling(self.hub(), accepted, reply).stream(events), receive)

    async def _cancel(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        asked = await inner.whole(self.application, scope, receive)
        if asked.status == 202:
            accepted = msgspec.json.decode(bytes(asked.body), type=Accepted)
            telling = Telling(self.hub(), accepted, Reply(send, asked.headers))
            await unless_gone(telling.shown(response, _CANCEL_SECONDS), receive)
        else:
            await asked.send_on(send)


def _asked(scope: HTTPScope, name: str) -> str:
    """A parameter of the address; empty where it is not there."""
    return parse_qs(scope["query_string"].decode("latin-1")).get(name, [""])[-1]
