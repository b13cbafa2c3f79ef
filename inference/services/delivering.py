"""Sends what is due to the addresses of webhooks, several at once, for some seconds."""

import json
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from uuid import UUID

import requests
from django.db import connections
from django.utils import timezone

from accounts import outgoing
from accounts.encryption import decrypt
from accounts.errors import PlumblineError
from inference import signing
from inference.configuration import webhooks_may_be_private
from inference.models import WebhookDelivery, WebhookEndpoint
from inference.queries.announcements import answer
from inference.services import deliveries
from inference.services.deliveries import Answer, Taken
from inference.services.endpoints import PURPOSE

_AT_ONCE = 16
_EACH = 4
_SECONDS = 20.0
_EXCERPT = 300
# One at a time in a process: the other threads of a worker have other things to do.
_busy = threading.Lock()


def deliver_due() -> int:
    """How many were sent. Does nothing where this process is at it already."""
    if not _busy.acquire(blocking=False):
        return 0
    try:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhooks") as threads:
            return _deliver(threads, until=time.monotonic() + _SECONDS)
    finally:
        _busy.release()


def _deliver(threads: ThreadPoolExecutor, *, until: float) -> int:
    under_way: dict[Future[None], UUID] = {}
    sent = 0
    while True:
        taken = _take(under_way) if time.monotonic() < until else []
        under_way |= {threads.submit(_in_thread, one): one.endpoint_id for one in taken}
        sent += len(taken)
        if not under_way:
            return sent
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for each in done:
            del under_way[each]
            each.result()


def _take(under_way: dict[Future[None], UUID]) -> list[Taken]:
    """What there is room for; an endpoint with anything under way gets more when that is done."""
    if (room := _AT_ONCE - len(under_way)) == 0:
        return []
    full = [endpoint for endpoint, count in Counter(under_way.values()).items() if count]
    return deliveries.take(limit=room, each=_EACH, full=full)


def _in_thread(taken: Taken) -> None:
    try:
        found = message(taken)
        connections.close_all()  # this thread's, while the other side takes its time
        if found is not None:
            deliveries.note(taken=taken, answer=send(found))
    finally:
        connections.close_all()


def message(taken: Taken) -> WebhookDelivery | None:
    """All that it takes to send it; None where it has been deleted."""
    known = WebhookDelivery.objects.select_related("endpoint", "job").defer("job__input")
    return known.filter(pk=taken.id).first()


def send(delivery: WebhookDelivery) -> Answer:
    """One exchange with the address of its endpoint."""
    endpoint, body = delivery.endpoint, payload(delivery)
    try:
        headers = signing.headers(
            message_id=str(delivery.pk),
            timestamp=int(timezone.now().timestamp()),
            body=body,
            keys=secrets_of(endpoint),
        )
        with outgoing.session(private=webhooks_may_be_private()) as session:
            said = session.post(endpoint.url, data=body, headers={**headers, "Content-Type": "application/json"})
    except PlumblineError as error:
        return Answer(None, error.message)
    except (requests.RequestException, ValueError) as error:
        return Answer(None, _in_words(error))
    return Answer(said.status_code, _excerpt(said), _retry_after(said))


def payload(delivery: WebhookDelivery) -> bytes:
    """The message; with the answer of its job, where the endpoint wants that."""
    if delivery.job is None or not delivery.endpoint.with_answer:
        return delivery.body.encode()
    body = json.loads(delivery.body)
    body["data"] |= answer(delivery.job)
    return json.dumps(body).encode()


def secrets_of(endpoint: WebhookEndpoint) -> list[str]:
    """The secret, and the one before as long as it is to work."""
    old = [endpoint.encrypted_previous_secret] if endpoint.is_overlapping else []
    return [decrypt(text, purpose=PURPOSE) for text in (endpoint.encrypted_secret, *old)]


def _in_words(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return f"No answer within {outgoing.SILENCE:.0f} s."
    if isinstance(error, requests.exceptions.SSLError):
        return "Its certificate is not valid."
    if isinstance(error, requests.ConnectionError):
        return "It could not be connected to, or ended the connection."
    return "The exchange failed."


def _excerpt(said: requests.Response) -> str:
    """The beginning of what it said, as PostgreSQL takes it."""
    return said.content[:_EXCERPT].decode(errors="replace").replace("\x00", " ")


def _retry_after(said: requests.Response) -> float:
    text = said.headers.get("Retry-After", "")
    return float(text) if text.isdigit() and len(text) < 9 else 0.0
