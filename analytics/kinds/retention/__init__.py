"""Who comes back, and when."""

from analytics.kinds.base import Kind
from analytics.kinds.choice import Choice
from analytics.kinds.retention.answer import answer
from analytics.kinds.retention.result import Cell, Cohort, RetentionLine, RetentionResult
from analytics.kinds.retention.spec import DEFINITION, RetentionSpec
from analytics.kinds.retention.timeline import reach, turns

KIND = Kind(
    spec=RetentionSpec,
    result=RetentionResult,
    answer=answer,
    example={
        "kind": "retention",
        "period": {"last": "6mo"},
        "interval": "month",
        "follow": 5,
        "start": {"event": "Signed up"},
        "returning": {"event": "Report opened"},
        "cohorts": "first_time",
    },
    reach=reach,
    turns=turns,
)

__all__ = (
    "DEFINITION",
    "KIND",
    "Cell",
    "Choice",
    "Cohort",
    "RetentionLine",
    "RetentionResult",
    "RetentionSpec",
)
