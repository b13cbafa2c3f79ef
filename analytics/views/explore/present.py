"""Which plots an answer has; a kind that is not named here is shown as figures and tables. No Django here."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from analytics.kinds.base import Spec
from analytics.views.explore import (
    activity,
    breakdown,
    credit,
    funnel,
    paths,
    retention,
    revenue,
    sessions,
    trends,
)
from analytics.views.explore.blocks import Block, blocks_of

_OWN: Mapping[str, Callable[[Any, Any, ZoneInfo], tuple[Block, ...]]] = {
    "attribution": credit.attribution,
    "breakdown": breakdown.blocks,
    "drivers": credit.drivers,
    "funnel": funnel.blocks,
    "lifecycle": activity.lifecycle,
    "paths": paths.blocks,
    "retention": retention.blocks,
    "revenue": revenue.blocks,
    "sessions": sessions.blocks,
    "stickiness": activity.stickiness,
    "trends": trends.blocks,
}


def blocks_for(spec: Spec, result: Any, zone: ZoneInfo) -> tuple[Block, ...]:
    """The blocks of an answer, from the top."""
    own = _OWN.get(spec.kind)
    return own(spec, result, zone) if own else blocks_of(result, zone)
