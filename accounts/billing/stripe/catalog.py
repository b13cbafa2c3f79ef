"""Our prices and coupons at Stripe, made there when somebody first needs them and then kept."""

import hashlib
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.billing.stripe.client import api, asking
from accounts.billing.terms import Block, Overage
from accounts.models import Coupon, PlanPrice

# What blocks over a quota are counted by at Stripe; events of it carry a number of blocks.
METERS = {Overage.EVENTS: "plumbline_event_blocks", Overage.TOKENS: "plumbline_token_blocks"}
_LABELS = {Overage.EVENTS: "events", Overage.TOKENS: "LLM tokens"}
_FIELDS = {
    "": "stripe_price_id", Overage.EVENTS: "stripe_events_price_id", Overage.TOKENS: "stripe_tokens_price_id",
}  # fmt: skip
_DURATIONS = {"once": "once", "months": "repeating", "forever": "forever"}


def once(*parts: object) -> dict[str, str]:
    """Options that make a request, sent again for whatever reason, the same request to Stripe.

    Two installations may share an account, so their address is in it.
    """
    text = ":".join(map(str, (settings.BASE_URL, *parts)))
    return {"idempotency_key": hashlib.sha256(text.encode()).hexdigest()}


def price_ids(price: PlanPrice) -> list[str]:
    """Stripe's prices of it, the base first; made where they are not there. Raises as `asking` does."""
    terms = price.terms()
    blocks = [(kind, block) for kind in Overage if (block := terms.of(kind).block)]
    wanted = [_FIELDS[""], *(_FIELDS[kind] for kind, _ in blocks)]
    with transaction.atomic():
        found = PlanPrice.objects.select_for_update(of=("self",)).select_related("plan").get(pk=price.pk)
        if not found.stripe_price_id:
            found.stripe_price_id = _make_base(found)
        for kind, block in blocks:
            if not getattr(found, _FIELDS[kind]):
                setattr(found, _FIELDS[kind], _make_block(found, kind, block))
        found.save(update_fields=wanted)
    return [getattr(found, name) for name in wanted]


def coupon_id(coupon: Coupon) -> str:
    """Stripe's coupon of ours; made where it is not there. Raises as `asking` does."""
    with transaction.atomic():
        found = Coupon.objects.select_for_update().get(pk=coupon.pk)
        if not found.stripe_coupon_id:
            with asking():
                made = api().v1.coupons.create(_coupon(found), once("coupon", found.pk, found.created_at))  # type: ignore[arg-type]  # a TypedDict of theirs
            found.stripe_coupon_id = made.id
            found.save(update_fields=["stripe_coupon_id"])
    return found.stripe_coupon_id


def _make_base(price: PlanPrice) -> str:
    return _make(
        price,
        "base",
        unit_amount=price.amount,
        recurring={"interval": price.interval, "usage_type": "licensed"},
        product_data={"name": price.plan.name},
    )


def _make_block(price: PlanPrice, kind: Overage, block: Block) -> str:
    return _make(
        price,
        kind.value,
        unit_amount=block.amount,
        recurring={"interval": price.interval, "usage_type": "metered", "meter": _meter(kind)},
        product_data={"name": f"{price.plan.name}: {block.quantity:,} {_LABELS[kind]} over the quota"},
    )


def _make(price: PlanPrice, part: str, **fields: Any) -> str:
    sent = {
        "currency": price.currency.lower(),
        "tax_behavior": "exclusive",
        "metadata": {"price": str(price.pk), "part": part},
        **fields,
    }
    with asking():
        made: str = api().v1.prices.create(sent, once("price", price.pk, price.created_at, part)).id  # type: ignore[arg-type]  # a TypedDict of theirs
    return made


def _meter(kind: Overage) -> str:
    name = METERS[kind]
    with asking():
        for known in api().v1.billing.meters.list({"status": "active", "limit": 100}).auto_paging_iter():
            if known.event_name == name:
                return known.id
        made: str = (
            api()
            .v1.billing.meters.create(
                {
                    "display_name": f"Blocks of {_LABELS[kind]} over the quota",
                    "event_name": name,
                    "default_aggregation": {"formula": "sum"},
                    "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
                    "value_settings": {"event_payload_key": "value"},
                }
            )
            .id
        )
    return made


def _coupon(coupon: Coupon) -> dict[str, Any]:
    sent: dict[str, Any] = {"name": coupon.code, "duration": _DURATIONS[coupon.duration]}
    if coupon.percent is not None:
        sent["percent_off"] = coupon.percent
    else:
        sent |= {"amount_off": coupon.amount, "currency": coupon.currency.lower()}
    if coupon.months:
        sent["duration_in_months"] = coupon.months
    if coupon.max_redemptions:
        sent["max_redemptions"] = coupon.max_redemptions
    if coupon.redeem_by:
        sent["redeem_by"] = int(coupon.redeem_by.timestamp())
    return sent
