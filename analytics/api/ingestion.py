"""The doors for events over HTTP, one for each protocol. Reading and judging happen behind them."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import Invalid, NotFound, PlumblineError, envelope
from analytics.api.ingestion_serializers import EventsAnswer, EventsInput
from analytics.ingestion.client import ClientInfo, client_info
from analytics.ingestion.protocols import native, protocol_of, wire
from analytics.services import ingestion, same_answer, senders

# Any web page may send events: the write key is public, and no cookie is read.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Content-Encoding, Idempotency-Key, X-Umami-Cache"
    ),
    # A page may read when it is to come back, and that an event was not kept.
    "Access-Control-Expose-Headers": "Retry-After, X-Plausible-Dropped",
    "Access-Control-Max-Age": "86400",
}


@method_decorator(csrf_exempt, name="dispatch")
class ProtocolView(View):
    """A route of one of the wire protocols (`ingestion/protocols`)."""

    http_method_names = ("get", "post", "options")

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        protocol = protocol_of(request.path.rstrip("/"))
        if protocol is not None and "GET" in protocol.METHODS:
            return answer(request)
        return self.http_method_not_allowed(request, **kwargs)

    def post(self, request: HttpRequest, **_: str) -> HttpResponse:
        return answer(request)

    def options(self, request: HttpRequest, **_: str) -> HttpResponse:  # noqa: ARG002 (the same for all)
        return HttpResponse(status=204, headers=CORS)

    def http_method_not_allowed(self, request: HttpRequest, **_: str) -> HttpResponse:  # noqa: ARG002
        body = envelope("method_not_allowed", "Send events with POST.")
        return JsonResponse(body, status=405, headers={**CORS, "Allow": "POST, OPTIONS"})


class EventsView(APIView):
    """Send events, and learn of each whether it was kept (`ingestion/protocols/native.py`)."""

    # The key may stand in the body, so the protocol reads it and the service judges it.
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="events_create",
        summary="Send events",
        description=native.__doc__,
        auth=cast("Any", [{"secretKey": []}]),
        request=EventsInput,
        responses={
            200: OpenApiResponse(EventsAnswer, description="What became of each event."),
            400: OpenApiResponse(description="The body is not what it should be; the field is named."),
            401: OpenApiResponse(description="The key is missing, unknown or revoked."),
            403: OpenApiResponse(description="The secret key may not send events."),
            404: OpenApiResponse(description="The secret key's organization has no such project."),
            409: OpenApiResponse(description="The first request with this Idempotency-Key is still running."),
            413: OpenApiResponse(description=f"The body is over {wire.MAX_BODY // 1024} KB."),
            422: OpenApiResponse(description="The Idempotency-Key came with another body."),
            429: OpenApiResponse(description="The plan's quota is used up; `Retry-After` says when to come back."),
        },
        examples=[
            OpenApiExample(
                "One event",
                value={"events": [{"event": "Signed up", "user_id": "42", "properties": {"plan": "pro"}}]},
                request_only=True,
            )
        ],
        tags=["events"],
    )
    def post(self, request: Request) -> HttpResponse:
        return answer(request)

    @extend_schema(exclude=True)
    def options(self, request: HttpRequest, *args: object, **kwargs: object) -> Response:  # noqa: ARG002
        return Response(status=204)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """On errors too: without them a page cannot read why."""
        return {**super().default_response_headers, **CORS}


def answer(request: HttpRequest | Request) -> HttpResponse:
    """What the protocol of the request's path answers once the events are on disk."""
    path = request.path.rstrip("/")
    protocol = protocol_of(path)
    if protocol is None:
        raise NotFound("There is nothing here.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    client = client_info(
        headers=headers, peer=request.META.get("REMOTE_ADDR", ""), trusted_proxies=settings.TRUSTED_PROXIES
    )
    try:
        body = _read_body(request, protocol.LIMIT)
        query, method = request.META.get("QUERY_STRING", ""), request.method or ""
        asked = wire.Request(path=path, headers=headers, body=body, query=query, method=method)
        found = protocol.parse(asked)
        if isinstance(found, wire.Submission):
            found = _kept(protocol, asked, found, client)
    except PlumblineError as error:
        found = protocol.refuse(error)
    return HttpResponse(found.body, status=found.status, headers={**found.headers, **CORS})


def _kept(
    protocol: wire.Protocol, asked: wire.Request, submission: wire.Submission, client: ClientInfo
) -> wire.Reply:
    """The answer once the events are on disk; to an Idempotency-Key that came before, as it was."""
    if submission.once is None:
        return protocol.render(asked, ingestion.receive(submission=submission, client=client))
    now = timezone.now()
    sender = senders.find(submission, now=now)
    claim = same_answer.begin(sender=sender, request=submission.once, now=now)
    if isinstance(claim, bytes):
        return wire.Reply(200, claim)
    reply = None
    try:
        reply = protocol.render(asked, ingestion.receive(submission=submission, client=client))
    finally:
        same_answer.end(claim=claim, answer=None if reply is None else reply.body)
    return reply


def _read_body(request: HttpRequest | Request, limit: int) -> bytes:
    """The body as sent, never more than the limit. Raises TooLarge, and Invalid where the client hung up."""
    try:
        body: bytes = request.read(limit + 1)
    except OSError as error:
        raise Invalid("The body was cut off.") from error
    if len(body) > limit:
        raise wire.too_large(limit)
    return body
