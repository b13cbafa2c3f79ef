"""Sessions: how many, how long, how deep, and how many bounce."""

from analytics.kinds.base import Kind
from analytics.kinds.sessions.answer import answer
from analytics.kinds.sessions.result import Bucket, Figures, Line, SessionsResult
from analytics.kinds.sessions.spec import SessionsSpec
from analytics.kinds.sessions.table import rows

KIND = Kind(
    spec=SessionsSpec,
    result=SessionsResult,
    answer=answer,
    table=rows,
    example={
        "kind": "sessions",
        "period": {"last": "30d"},
        "interval": "day",
        "filters": [{"field": "country", "operator": "is", "values": ["DE"]}],
        "breakdown": ["channel"],
    },
)

__all__ = ("KIND", "Bucket", "Figures", "Line", "SessionsResult", "SessionsSpec")
