"""The door for events of the web process: a plain ASGI callable in front of Django.

It answers every path of the wire protocols as the view of `analytics.api.ingestion` does, which serves WSGI and
the API's description. Here nothing crosses between threads but groups of requests (`services.group_commit`).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import structlog
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from accounts.errors import PlumblineError, TooLarge, TooSlow, Unavailable, envelope
from accounts.idempotency import Once
from accounts.middleware import ACCEPTABLE
from analytics.api.ended_keys import EndedKeys
from analytics.api.ingestion import CORS
from analytics.ingestion import judging
from analytics.ingestion.client import ClientInfo, client_info
from analytics.ingestion.ids import new_uuid
from analytics.ingestion.protocols import protocol_of, wire
from analytics.services import ingestion, quota, same_answer, visitors
from analytics.services.group_commit import GroupCommit
from analytics.services.senders import Remembered, Sender, SenderKey, find, key_of, take

LOG = logging.getLogger(__name__)
Result = TypeVar("Result")

# A larger body is read in a thread, so that others need not wait for it.
LARGE = 256 * 1024
BODY_SECONDS = 30
_THREADS = 4
# The rest of the body is not waited for.
UNREAD = (TooLarge.status, TooSlow.status)
_CORS = tuple((name.lower().encode(), value.encode()) for name, value in CORS.items())


class ClientGone(Exception):
    """The client hung up before its body was there."""


class EventsOr:
    """Answers the requests that send events itself and hands every other one on."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application
        self.writer = GroupCommit()
        self._senders: Remembered[SenderKey, Sender] = Remembered()
        self._ended_keys = EndedKeys(self._senders.forget)
        self._asked: dict[object, asyncio.Task[Sender]] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="door")

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        path = scope["path"].removesuffix("/") if scope["type"] == "http" else ""
        protocol = protocol_of(path)
        if scope["type"] != "http" or protocol is None:
            await self.application(scope, receive, send)
            return
        headers = headers_of(scope)
        if settings.SECURE_SSL_REDIRECT and not is_secure(scope, headers):
            await self.application(scope, receive, send)
            return
        request_id = request_id_of(headers)
        # The request's task has a context of its own, which ends with it.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            reply = await self._reply(scope, receive, protocol, headers)
        except ClientGone:
            return
        await _send(reply, request_id, send)

    def close(self) -> None:
        """End the threads; what was handed over is written first."""
        self.writer.close()
        self._threads.shutdown()

    async def _reply(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, protocol: wire.Protocol, headers: Mapping[str, str]
    ) -> wire.Reply:
        method, path = scope["method"], scope["path"].removesuffix("/")
        if method == "OPTIONS":
            return wire.Reply(204, b"", {})
        if method not in protocol.METHODS:
            body = envelope("method_not_allowed", "Send events with POST.")
            return wire.json_reply(body, 405, {"Allow": ", ".join(sorted({*protocol.METHODS, "OPTIONS"}))})
        try:
            body_sent = await _body(receive, headers, protocol.LIMIT)
            query = scope["query_string"].decode("latin-1")
            asked = wire.Request(path=path, headers=headers, body=body_sent, query=query, method=method)
            return await self._answer(protocol, asked, _client(scope, headers))
        except PlumblineError as error:
            return protocol.refuse(error)

    async def _answer(self, protocol: wire.Protocol, asked: wire.Request, client: ClientInfo) -> wire.Reply:
        is_large = len(asked.body) > LARGE
        found = await self._in_thread(protocol.parse, asked) if is_large else protocol.parse(asked)
        if isinstance(found, wire.Reply):
            return found
        if found.once is not None:
            return await self._once(protocol, asked, found, found.once, client)
        return protocol.render(asked, await self._outcome(found, client, is_large=is_large))

    async def _once(
        self,
        protocol: wire.Protocol,
        asked: wire.Request,
        submission: wire.Submission,
        once: Once,
        client: ClientInfo,
    ) -> wire.Reply:
        """The answer to an Idempotency-Key: as it was, or as it is from now on."""
        sender = await self._sender(submission)
        begin = partial(same_answer.begin, sender=sender, request=once, now=timezone.now())
        claim = await self._in_thread(begin)
        if isinstance(claim, bytes):
            return wire.Reply(200, claim)
        reply = None
        try:
            reply = protocol.render(asked, await self._outcome(submission, client, is_large=True))
        finally:
            await self._in_thread(
                partial(same_answer.end, claim=claim, answer=None if reply is None else reply.body)
            )
        return reply

    async def _outcome(self, submission: wire.Submission, client: ClientInfo, *, is_large: bool) -> wire.Outcome:
        """What became of each event, once they are on disk. What looks at a request as a whole belongs here."""
        sender, now = await self._sender(submission), timezone.now()
        if sender.limited is not None:
            await self._in_thread(take, sender)
        if quota.is_refused(sender):
            await self._in_thread(partial(quota.admit, sender=sender, calls=submission.calls, now=now))
        if submission.allows_nameless and visitors.asks_redis(calls=submission.calls, client=client, now=now):
            await self._in_thread(visitors.salt, now)

        def judge() -> Sequence[judging.Judged]:
            return ingestion.judge(sender=sender, submission=submission, client=client, now=now)

        judged = await self._in_thread(judge) if is_large else judge()
        return await self.writer.keep(
            sender=sender,
            judged=judged,
            received_at=now,
            answers_each=submission.answers_each,
            announced=not submission.historical,
        )

    async def _sender(self, submission: wire.Submission) -> Sender:
        """Who sends; many requests that come with the same key ask once."""
        key = key_of(submission)
        self._ended_keys.listen()
        if (found := self._senders.get(key)) is not None:
            return found
        if (task := self._asked.get(key)) is None:
            task = self._asked[key] = asyncio.create_task(self._ask(submission))
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, submission: wire.Submission) -> Sender:
        key, asked_at = key_of(submission), self._senders.forgotten
        try:
            sender = await self._in_thread(partial(find, submission, now=timezone.now()))
        except PlumblineError as error:
            self._senders.refuse(key, error)
            raise
        except Error as error:
            LOG.warning("Events are refused, as no key can be looked up: %s", error)
            refusal = Unavailable("Keys cannot be looked up at the moment. Send it again.", retry_after=5)
            self._senders.refuse(key, refusal)
            raise refusal from error
        self._senders.keep(key, sender, asked_at=asked_at)
        return sender

    async def _in_thread(self, work: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _alone, work, *arguments)


def _alone(work: Callable[..., Result], *arguments: object) -> Result:
    """The work, after which its thread holds no connection."""
    try:
        return work(*arguments)
    finally:
        connection.close()


def headers_of(scope: HTTPScope) -> dict[str, str]:
    """By name in lower case; what was sent several times is joined, as Django does."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def request_id_of(headers: Mapping[str, str]) -> str:
    """What the client calls its request, as `RequestIdMiddleware` takes it; else one of ours."""
    given = headers.get("x-request-id", "")
    return given if ACCEPTABLE.fullmatch(given) else new_uuid().hex


def headers_of_answer(body: bytes, request_id: str) -> list[tuple[bytes, bytes]]:
    """What every answer has that Django does not give."""
    headers = [
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    if settings.SECURE_HSTS_SECONDS:
        headers.append((b"strict-transport-security", b"max-age=%d" % settings.SECURE_HSTS_SECONDS))
    return headers


def is_secure(scope: HTTPScope, headers: Mapping[str, str]) -> bool:
    """Whether a request came by TLS, as Django has it; `headers` by name in lower case."""
    if scope["scheme"] == "https":
        return True
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return False
    name, value = settings.SECURE_PROXY_SSL_HEADER
    sent = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower(), "")
    return bool(sent.split(",", 1)[0].strip() == value)


def _client(scope: HTTPScope, headers: Mapping[str, str]) -> ClientInfo:
    peer = scope["client"][0] if scope["client"] else ""
    return client_info(headers=headers, peer=peer, trusted_proxies=settings.TRUSTED_PROXIES)


async def _body(receive: ASGIReceiveCallable, headers: Mapping[str, str], limit: int) -> bytes:
    """The body as sent. Raises TooLarge, TooSlow, and ClientGone where the client hung up."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise wire.too_large(limit)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _pieces(receive, limit)
    except TimeoutError as error:
        raise TooSlow(f"The body did not arrive within {BODY_SECONDS} seconds.") from error


async def _pieces(receive: ASGIReceiveCallable, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        pieces.append(message["body"])
        size += len(message["body"])
        if size > limit:
            raise wire.too_large(limit)
        if not message["more_body"]:
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _send(reply: wire.Reply, request_id: str, send: ASGISendCallable) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    headers += (*headers_of_answer(reply.body, request_id), *_CORS)
    if reply.status in UNREAD:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})
