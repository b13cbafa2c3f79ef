"""Questions about a project's events: asked, waited for, fetched, cancelled, explained."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.errors import Cancelled, FieldError, Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.api.formats import CSV, JSON, PARQUET, RENDERERS, JsonOrFile, answered
from analytics.api.query_schema import ANSWER_SCHEMA, EXAMPLES, EXPLAINED_SCHEMA, KINDS_SCHEMA, SPEC_SCHEMA, kinds
from analytics.api.query_serializers import QueryRunSerializer, explained
from analytics.api.waiting import LONGEST_SECONDS, seconds_to_wait
from analytics.kinds import parse_spec
from analytics.kinds.base import Spec
from analytics.models import Project, QueryRun
from analytics.queries.run import explain
from analytics.services import asking, query_runs

_TAGS = ["queries"]
PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description=f"`wait=N` waits up to N seconds ({LONGEST_SECONDS:g} at most); a new query waits for "
    f"{settings.QUERY_WAIT_SECONDS:g} if nothing is said, and "
    "`respond-async` does not wait.",
)
FILES = {(200, CSV): OpenApiTypes.BINARY, (200, PARQUET): OpenApiTypes.BINARY}
LATER = OpenApiResponse(QueryRunSerializer, description="Not finished; `Location` is where to come back to.")


class Answers(APIView):
    """Views whose answers are JSON or files."""

    content_negotiation_class = JsonOrFile
    renderer_classes = RENDERERS


class QueryView(Answers):
    """Ask something of a project's events."""

    @extend_schema(
        operation_id="projects_query",
        summary="Run a query",
        tags=_TAGS,
        description="The answer says how it was got: the spec with every default, the definition of what is "
        "counted, the time zone, up to when events are in, and which intervals still run. What takes longer than "
        "you want to wait answers 202, and can be fetched for an hour.",
        parameters=[PREFER],
        request={JSON: SPEC_SCHEMA},
        responses={
            (200, JSON): OpenApiResponse(ANSWER_SCHEMA, description="The result and its provenance."),
            **FILES,
            202: LATER,
            400: OpenApiResponse(description="The spec is not valid; each wrong field is named by its path."),
            404: OpenApiResponse(description="There is no such project, or not for you."),
            406: OpenApiResponse(description="Answers are JSON, CSV or Parquet."),
            422: OpenApiResponse(description="It would read more than the plan allows."),
            429: OpenApiResponse(description="Too many queries of the organization are unfinished."),
            503: OpenApiResponse(
                description="The event store does not answer; `Retry-After` says when to come back."
            ),
            504: OpenApiResponse(description="The query took longer than it may."),
        },
        examples=EXAMPLES,
    )
    def post(self, request: Request, project_id: int) -> HttpResponseBase:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.VIEW_DATA)
        return asked(request, actor, project, parse_spec(_object(request.data)))


def asked(request: Request, actor: Actor, project: Project, spec: Spec) -> HttpResponseBase:
    """The answer to a spec, or where it can be fetched once it is there."""
    seconds = seconds_to_wait(request, otherwise=settings.QUERY_WAIT_SECONDS)
    found = asking.answer_or_run(project=project, actor=actor, spec=spec, seconds=seconds)
    return _later(found) if isinstance(found, QueryRun) else answered(request, found)


class QueryRunView(Answers):
    """A query that took longer than its client wanted to wait."""

    @extend_schema(
        operation_id="projects_query_get",
        summary="Fetch a query's answer",
        tags=_TAGS,
        description="As the query itself would have answered: with 200 once it is done, with its error where it "
        "failed, with 202 until then.",
        parameters=[PREFER],
        responses={
            (200, JSON): OpenApiResponse(ANSWER_SCHEMA, description="The result and its provenance."),
            **FILES,
            202: LATER,
            404: OpenApiResponse(description="There is no such query, or it is more than an hour ago."),
            409: OpenApiResponse(description="It was cancelled."),
        },
    )
    def get(self, request: Request, project_id: int, run_id: UUID) -> HttpResponseBase:
        run = query_runs.refreshed(run=_run(request, project_id, run_id))
        seconds = seconds_to_wait(request, otherwise=0.0)
        if seconds and not run.is_finished:
            run = query_runs.wait(run=run, seconds=seconds)
        if not run.is_finished:
            return _later(run)
        if run.state == QueryRun.State.CANCELLED:
            raise Cancelled("The query was cancelled.")
        if run.state == QueryRun.State.FAILED:
            return Response(run.error, status=run.error_status, headers=query_runs.headers_of(run))
        return answered(request, query_runs.answer_of(run))

    @extend_schema(
        operation_id="projects_query_cancel",
        summary="Cancel a query",
        tags=_TAGS,
        description="Whether it waits, runs or is done: it ends, and its answer is forgotten.",
        responses={204: None},
    )
    def delete(self, request: Request, project_id: int, run_id: UUID) -> Response:
        query_runs.cancel(run=_run(request, project_id, run_id))
        return Response(status=204)


class ExplainView(APIView):
    """How an answer is computed."""

    _RESPONSES = {  # noqa: RUF012 (read once, by the decorators below)
        200: OpenApiResponse(EXPLAINED_SCHEMA, description="What was estimated, read, and told to the engine."),
        403: OpenApiResponse(description="Viewers do not see this."),
    }

    @extend_schema(
        operation_id="projects_query_explain",
        summary="Explain a query",
        tags=_TAGS,
        description="Runs the query, without what is kept of earlier answers, and answers with the statements in "
        "the engine's SQL, for each range that was read.",
        request={JSON: SPEC_SCHEMA},
        responses=_RESPONSES,
        examples=EXAMPLES,
    )
    def post(self, request: Request, project_id: int) -> Response:
        return _explained(request, project_id, lambda: request.data)

    @extend_schema(
        operation_id="projects_query_explain_get",
        summary="Explain a query given in the address",
        tags=_TAGS,
        parameters=[OpenApiParameter("spec", str, required=True, description="The query, as JSON.")],
        responses=_RESPONSES,
    )
    def get(self, request: Request, project_id: int) -> Response:
        return _explained(request, project_id, lambda: _read(request.query_params.get("spec", "")))


class QuerySchemaView(APIView):
    """What may be asked."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="query_schema",
        summary="The kinds of queries",
        tags=_TAGS,
        auth=[],
        responses=OpenApiResponse(KINDS_SCHEMA, description="Each kind's definition, JSON Schema and an example."),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 (REST framework's signature)
        return Response(kinds())


def _explained(request: Request, project_id: int, read: Callable[[], Any]) -> Response:
    actor = Actor.of(request)
    project = access.project(actor, project_id=project_id, capability=Capability.EXPLAIN_QUERIES)
    return Response(explained(explain(project=project, spec=parse_spec(_object(read())), actor=actor)))


def _run(request: Request, project_id: int, run_id: UUID) -> QueryRun:
    actor = Actor.of(request)
    project = access.project(actor, project_id=project_id, capability=Capability.VIEW_DATA)
    return access.query_run(actor, project, run_id=run_id)


def _later(run: QueryRun) -> Response:
    location = f"/api/v1/projects/{run.project_id}/query/{run.pk}/"
    headers = {"Location": location, "Retry-After": "1", "Cache-Control": "no-store"}
    return Response(QueryRunSerializer(run).data, status=202, headers=headers)


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        message = 'Send a JSON object such as {"kind": "overview", "period": {"last": "7d"}}.'
        raise Invalid(message, fields=[FieldError("body", message)])
    return data


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        message = 'The query as JSON, such as {"kind": "overview", "period": {"last": "7d"}}.'
        raise Invalid("The parameter spec is not JSON.", fields=[FieldError("spec", message)]) from error
