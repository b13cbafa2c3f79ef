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
    lists,
    paths,
    retention,
    revenue,
    sessions,
    trends,
)
from analytics.views.explore.blocks import Block
from analytics.views.explore.links import Links
from analytics.views.explore.plain import blocks_of

_OWN: Mapping[str, Callable[[Any, Any, ZoneInfo], tuple[Block, ...]]] = {
    "attribution": credit.attribution,
    "breakdown": breakdown.blocks,
    "drivers": credit.drivers,
    "lifecycle": activity.lifecycle,
    "paths": paths.blocks,
    "revenue": revenue.blocks,
    "sessions": sessions.blocks,
    "stickiness": activity.stickiness,
    "trends": trends.blocks,
}
# Those that lead to people, groups or another page of themselves.
_LEADING: Mapping[str, Callable[[Any, Any, ZoneInfo, Links], tuple[Block, ...]]] = {
    "events": lists.events,
    "funnel": funnel.blocks,
    "groups": lists.groups,
    "people": lists.people,
    "retention": retention.blocks,
}


def blocks_for(spec: Spec, result: Any, zone: ZoneInfo, links: Links) -> tuple[Block, ...]:
    """The blocks of an answer, from the top."""
    if leading := _LEADING.get(spec.kind):
        return leading(spec, result, zone, links)
    own = _OWN.get(spec.kind)
    return own(spec, result, zone) if own else blocks_of(result, zone)
