"""The doors for events over HTTP: Segment's routes, and our own. Reading and judging happen behind them."""

from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import Invalid, PlumblineError, envelope
from analytics.api.ingestion_serializers import EventsAnswer, EventsInput
from analytics.ingestion.client import ClientInfo, client_info
from analytics.ingestion.protocols import native, segment, wire
from analytics.services import ingestion

# Any web page may send events: the write key is public, and no cookie is read.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}


@method_decorator(csrf_exempt, name="dispatch")
class SegmentView(View):
    """One of Segment's routes (`ingestion/protocols/segment.py`)."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, route: str) -> HttpResponse:
        headers = headers_of(request)
        try:
            submission = segment.parse(body=read_body(request), headers=headers, route=route)
            outcome = ingestion.receive(submission=submission, client=client_of(request, headers))
            return JsonResponse(segment.render(outcome), headers=CORS)
        except PlumblineError as error:
            body = envelope(error.code, error.message, error.fields)
            return JsonResponse(body, status=error.status, headers=CORS)

    def options(self, request: HttpRequest, route: str) -> HttpResponse:  # noqa: ARG002 (any route, same answer)
        return HttpResponse(status=204, headers=CORS)

    def http_method_not_allowed(self, request: HttpRequest, route: str) -> HttpResponse:  # noqa: ARG002
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
            413: OpenApiResponse(description=f"The body is over {wire.MAX_BODY // 1024} KB."),
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
    def post(self, request: Request) -> Response:
        headers = headers_of(request)
        submission = native.parse(body=read_body(request), headers=headers)
        outcome = ingestion.receive(submission=submission, client=client_of(request, headers))
        return Response(native.render(outcome))

    @extend_schema(exclude=True)
    def options(self, request: HttpRequest, *args: object, **kwargs: object) -> Response:  # noqa: ARG002
        return Response(status=204)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """On errors too: without them a page cannot read why."""
        return {**super().default_response_headers, **CORS}


def headers_of(request: HttpRequest) -> Mapping[str, str]:
    """The request's headers, names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}


def client_of(request: HttpRequest, headers: Mapping[str, str]) -> ClientInfo:
    return client_info(
        headers=headers, peer=request.META.get("REMOTE_ADDR", ""), trusted_proxies=settings.TRUSTED_PROXIES
    )


def read_body(request: HttpRequest) -> bytes:
    """The body as sent, never more than the limit. Raises TooLarge, and Invalid where the client hung up."""
    try:
        body = request.read(wire.MAX_BODY + 1)
    except OSError as error:
        raise Invalid("The body was cut off.") from error
    if len(body) > wire.MAX_BODY:
        raise wire.too_large()
    return body
