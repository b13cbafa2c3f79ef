"""What Stripe's objects say, as far as it concerns us. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One price of a subscription."""

    id: str
    price_id: str
    is_metered: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A subscription as it is at Stripe now. `organization_id` and `coupon` are what we wrote on it ourselves."""

    id: str
    customer_id: str
    status: str
    items: tuple[Item, ...]
    period_start: datetime
    period_end: datetime
    trial_ends_at: datetime | None
    ends_at_period_end: bool
    ended_at: datetime | None
    is_paused: bool
    organization_id: int | None
    coupon: str

    @property
    def base(self) -> Item:
        """The item of the base amount."""
        return next(item for item in self.items if not item.is_metered)


def subscription(found: Mapping[str, Any]) -> Seen:
    """Raises KeyError or StopIteration where it is none of ours: without an item that is paid by the interval."""
    items = tuple(_item(item) for item in found["items"]["data"])
    base = next(item for item, read in zip(found["items"]["data"], items, strict=True) if not read.is_metered)
    metadata = found.get("metadata") or {}
    organization = str(metadata.get("organization", ""))
    return Seen(
        id=found["id"],
        customer_id=_id(found["customer"]),
        status=found["status"],
        items=items,
        # By item since 2025, when those of one subscription began to differ.
        period_start=_time(base["current_period_start"]),
        period_end=_time(base["current_period_end"]),
        trial_ends_at=_time_or_none(found.get("trial_end")),
        ends_at_period_end=bool(found.get("cancel_at_period_end") or found.get("cancel_at")),
        ended_at=_time_or_none(found.get("ended_at")),
        is_paused=bool(found.get("pause_collection")),
        organization_id=int(organization) if organization.isdecimal() else None,
        coupon=str(metadata.get("coupon", "")),
    )


def subscription_of_event(kind: str, found: Mapping[str, Any]) -> str:
    """The id of the subscription that an event is about; empty for an event that is about none."""
    if kind.startswith("customer.subscription."):
        return str(found.get("id", ""))
    if kind.startswith("checkout.session."):
        return _id(found.get("subscription"))
    if kind.startswith("invoice."):
        details = (found.get("parent") or {}).get("subscription_details") or {}
        return _id(details.get("subscription"))
    return ""


def _item(item: Mapping[str, Any]) -> Item:
    recurring = item["price"].get("recurring") or {}
    return Item(item["id"], item["price"]["id"], recurring.get("usage_type") == "metered")


def _id(found: Any) -> str:
    """The id of what may be expanded, or there or not."""
    return str(found.get("id", "")) if isinstance(found, Mapping) else str(found or "")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _time_or_none(seconds: float | None) -> datetime | None:
    return _time(seconds) if seconds else None
