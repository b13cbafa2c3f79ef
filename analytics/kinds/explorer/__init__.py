"""Events one by one: filtered, searched, in order, a page at a time."""

from analytics.kinds.base import Kind
from analytics.kinds.explorer.answer import answer
from analytics.kinds.explorer.result import EventRow, EventsResult
from analytics.kinds.explorer.spec import COLUMNS, DEFINITION, EventsSpec, Order

KIND = Kind(
    spec=EventsSpec,
    result=EventsResult,
    answer=answer,
    example={
        "kind": "events",
        "period": {"last": "30d"},
        "search": "checkout",
        "filters": [{"field": "country", "operator": "is", "values": ["DE"]}],
        "columns": ["name", "person", "path", "properties"],
        "limit": 20,
    },
)

__all__ = ("COLUMNS", "DEFINITION", "KIND", "EventRow", "EventsResult", "EventsSpec", "Order")
