"""Answers as JSON, CSV or Parquet, as `Accept` says. Errors are always JSON."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.queries.answers import ANSWER, Answer, table_of
from analytics.tabular import as_csv, as_parquet

JSON = "application/json"
CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
_WRITERS = {CSV: as_csv, PARQUET: as_parquet}


class _File(BaseRenderer):
    """Names a type that can be asked for; the answer is written by `answered`."""

    def render(self, data: Any, *_context: Any) -> Any:
        return data


class CsvFile(_File):
    media_type, format = CSV, "csv"


class ParquetFile(_File):
    media_type, format = PARQUET, "parquet"


class JsonOrFile(DefaultContentNegotiation):
    """Notes which type was asked for; what is not a file comes as JSON. Raises NotAcceptable for other types."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        chosen, _ = super().select_renderer(request, renderers, format_suffix)
        request.META[_CHOSEN] = chosen.media_type
        return JSONRenderer(), JSON


_CHOSEN = "plumbline.chosen_type"
RENDERERS = (JSONRenderer, CsvFile, ParquetFile)


def chosen_type(request: Request) -> str:
    """The media type that the request wants."""
    return str(request.META.get(_CHOSEN, JSON))


def answered(request: Request, answer: Answer) -> HttpResponseBase:
    """The answer as the request wants it."""
    write = _WRITERS.get(chosen_type(request))
    if write is None:
        return Response(ANSWER.dump_python(answer, mode="json"))
    response = HttpResponse(write(table_of(answer)), content_type=request.META[_CHOSEN])
    response["Cache-Control"] = "no-store"
    return response
