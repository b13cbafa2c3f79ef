"""The ways that people take: steps of sessions and the transitions between them."""

from analytics.kinds.base import Kind, Read
from analytics.kinds.frame import Frame
from analytics.kinds.paths.cleaning import DEFAULT_RULES, CleaningRule
from analytics.kinds.paths.measure import measure
from analytics.kinds.paths.result import Link, Node, PathsResult, Stage
from analytics.kinds.paths.shape import shape
from analytics.kinds.paths.spec import DEFINITION, PathsSpec, StepKind
from analytics.kinds.paths.steps import wanted


def answer(spec: PathsSpec, frame: Frame, read: Read) -> PathsResult:
    with read(frame.current, wanted(spec)) as reading:
        return shape(measure(spec, reading))


KIND = Kind(
    spec=PathsSpec,
    result=PathsResult,
    answer=answer,
    example={
        "kind": "paths",
        "period": {"last": "30d"},
        "steps": "both",
        "start": "/pricing",
        "depth": 4,
        "exclude": ["Scrolled"],
    },
)

__all__ = (
    "DEFAULT_RULES",
    "DEFINITION",
    "KIND",
    "CleaningRule",
    "Link",
    "Node",
    "PathsResult",
    "PathsSpec",
    "Stage",
    "StepKind",
)
