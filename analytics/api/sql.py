"""SQL over a project's events, people and sessions."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.errors import Invalid
from accounts.permissions import Capability
from analytics import access
from analytics.api.formats import CSV, JSON, PARQUET, RENDERERS, JsonOrFile, chosen_type
from analytics.api.query_schema import inlined
from analytics.kinds import faults_of
from analytics.periods import Period
from analytics.queries.sql import LONGEST, MOST_ROWS, Result, run_sql
from analytics.store.sql.cells import as_csv, as_parquet, rows_of

EXAMPLE = {
    "sql": "SELECT country, count(*) AS visits, avg(duration) AS seconds FROM sessions GROUP BY country",
    "period": {"last": "30d"},
}
_WRITERS = {CSV: as_csv, PARQUET: as_parquet}


class SqlQuestion(BaseModel):
    """One query, and the days whose events it sees: all that are kept, if nothing is said."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(max_length=LONGEST, description="One query in DuckDB's SQL, or ClickHouse's.")
    period: Period | None = Field(default=None, description="The days that the views have.")


_ANSWER = {
    "type": "object",
    "required": ["columns", "rows", "truncated", "rows_read", "elapsed_ms"],
    "properties": {
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "type"],
                "properties": {"name": {"type": "string"}, "type": {"type": "string"}},
            },
        },
        "rows": {"type": "array", "items": {"type": "array", "items": {}}},
        "truncated": {
            "type": "boolean",
            "description": f"There are more than these rows ({MOST_ROWS:,} at most).",
        },
        "rows_read": {"type": "integer", "description": "The events in the files of the period."},
        "elapsed_ms": {"type": "number"},
    },
}


class SqlView(APIView):
    """Run one query."""

    content_negotiation_class = JsonOrFile
    renderer_classes = RENDERERS

    @extend_schema(
        operation_id="projects_sql",
        summary="Run SQL",
        tags=["queries"],
        description="One query over the project's views `events`, `people` and `sessions`, in DuckDB's SQL or, "
        "where the events are in ClickHouse, in that one's. It can read nothing else and change nothing. "
        "`docs/sql.md` has the columns and examples.",
        request={JSON: inlined(SqlQuestion.model_json_schema())},
        responses={
            (200, JSON): OpenApiResponse(
                _ANSWER, description="The columns with the engine's types, and the rows."
            ),
            (200, CSV): OpenApiTypes.BINARY,
            (200, PARQUET): OpenApiTypes.BINARY,
            400: OpenApiResponse(description="It cannot run; the error has `line`, `column` and `excerpt`."),
            403: OpenApiResponse(
                description="Viewers do not run SQL; on ClickHouse, nor does who may not see sensitive properties."
            ),
            404: OpenApiResponse(description="There is no such project, or not for you."),
            422: OpenApiResponse(description="It would read more than the plan allows."),
            503: OpenApiResponse(description="The events are in ClickHouse, where SQL is closed to the project."),
            504: OpenApiResponse(description="The query took longer than it may."),
        },
        examples=[OpenApiExample("Visits by country", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request, project_id: int) -> HttpResponseBase:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.RUN_SQL)
        asked = _question(request.data)
        found = run_sql(project=project, sql=asked.sql, period=asked.period, actor=actor)
        return _answered(chosen_type(request), found)


def _question(data: Any) -> SqlQuestion:
    try:
        return SqlQuestion.model_validate(data)
    except ValidationError as error:
        raise Invalid("The query is not valid.", fields=faults_of(error)) from error


def _answered(kind: str, found: Result) -> HttpResponseBase:
    names = [name for name, _ in found.columns]
    if write := _WRITERS.get(kind):
        response = HttpResponse(write(found.table, names), content_type=kind)
        response["Cache-Control"] = "no-store"
        return response
    body = {
        "columns": [{"name": name, "type": kind} for name, kind in found.columns],
        "rows": rows_of(found.table),
        "truncated": found.truncated,
        "rows_read": found.rows_read,
        "elapsed_ms": found.elapsed_ms,
    }
    return Response(body)
