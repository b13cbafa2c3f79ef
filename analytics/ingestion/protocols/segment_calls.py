"""One call of Segment's API as any JSON object says it."""

from collections.abc import Mapping
from typing import Any, cast

from analytics.contracts import Rejection
from analytics.ingestion.calls import RawCall
from analytics.ingestion.protocols import wire


def call(value: Any, index: int, context: Mapping[str, Any], sent_at: object) -> RawCall | Rejection:
    """With the context and the time of sending of its batch, where it has none of its own."""
    if rejection := wire.reject_malformed(value, index):
        return rejection
    found = dict(value)
    own = found.get("context")
    # A context that is no object stays, to be refused by name.
    if own is None or isinstance(own, dict):
        found["context"] = {**context, **(own or {})}
    if sent_at is not None:
        found.setdefault("sentAt", sent_at)
    return cast("RawCall", found)
