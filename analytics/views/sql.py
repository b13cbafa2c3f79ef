"""The page where analysts write SQL: an editor, the views' columns, the rows. The address alone makes the page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from pydantic import ValidationError

from accounts.access import Actor
from accounts.errors import DeadlineExceeded, Invalid, QueryTooLarge, RateLimited
from accounts.permissions import Capability
from analytics.models import Project
from analytics.periods import Period
from analytics.queries import sql as queries
from analytics.store.sql.cells import rows_of
from analytics.views.doors import entered
from analytics.views.explore.blocks import Column
from analytics.views.explore.plain import cell
from analytics.views.labels import PERIODS

SHOWN_ROWS = 1_000
_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL")
EXAMPLES = {
    "Events by name": """SELECT name, count(*) AS events, count(DISTINCT person) AS people
FROM events
GROUP BY name
ORDER BY events DESC""",
    "Visits by country": """SELECT country, count(*) AS visits, round(avg(duration)) AS seconds
FROM sessions
GROUP BY country
ORDER BY visits DESC""",
    "New people by day": """SELECT first_seen::DATE AS day, count(*) AS people
FROM people
GROUP BY day
ORDER BY day""",
}


@require_safe
def page(request: HttpRequest, organization: str, project: str) -> HttpResponse:
    found = entered(request, organization, project, Capability.RUN_SQL)
    actor = Actor.of(request)
    text, last = request.GET.get("q", ""), request.GET.get("period", "")
    context: dict[str, Any] = {
        "project": found,
        "organization": found.organization,
        "section": "explore",
        "sql": text,
        "period": last,
        "periods": PERIODS,
        "examples": EXAMPLES,
        "views": queries.schema(found, actor),
        "closed": queries.closed(found, actor),
        "most": queries.LONGEST,
    }
    status = 200
    if text.strip() and not context["closed"]:
        context |= _answer(found, actor, text, last)
        status = 422 if "problem" in context else 200
    return render(request, "analytics/sql.html", context, status=status)


def _answer(project: Project, actor: Actor, text: str, last: str) -> dict[str, Any]:
    """The rows, or why there are none."""
    try:
        period = Period.model_validate({"last": last}) if last else None
        # A form sends lines ended by two characters, which would shift what an error points to.
        lines = text.replace("\r\n", "\n")
        found = queries.run_sql(project=project, sql=lines, period=period, actor=actor)
    except ValidationError:
        return {"problem": "There is no such period."}
    except (Invalid, DeadlineExceeded, QueryTooLarge, RateLimited) as error:
        return {"problem": error.message, "excerpt": error.details.get("excerpt", ""), **_place(error.details)}
    return {"answer": found, "table": _table(found, project)}


def _place(details: Any) -> dict[str, int]:
    return {key: details[key] for key in ("line", "column") if key in details}


def _table(found: queries.Result, project: Project) -> dict[str, Any]:
    """The columns, and each row's texts with whether they are numbers."""
    columns = [Column(name, any(part in kind.upper() for part in _NUMBERS)) for name, kind in found.columns]
    rows = rows_of(found.table.slice(0, SHOWN_ROWS))
    return {
        "columns": columns,
        "rows": [
            [(_text(value, project), column.is_number) for value, column in zip(row, columns, strict=True)]
            for row in rows
        ],
        "cut": max(0, found.table.num_rows - SHOWN_ROWS),
    }


def _text(value: Any, project: Project) -> str:
    return value if isinstance(value, str) else cell(value, project.zone)
