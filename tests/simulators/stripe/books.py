"""What localstripe does not reckon: proration to the second, coupons, and the invoices that come of both.

In Stripe's documented format: a line's amount is before its discount, `subtotal` is the sum of these, `total` is
after discounts. What is credited of a period is what was paid for it, its discount taken off.
"""

import itertools
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from accounts.billing.periods import months_after

Line = dict[str, Any]


class Books:
    """Of each subscription its discount, and the prorations that wait for its next invoice; all invoices."""

    def __init__(self, numbers: "itertools.count[int]") -> None:
        self.numbers = numbers
        self.invoices: dict[str, dict[str, Any]] = {}
        # All of an invoice; it comes with the first ten itself.
        self.lines: dict[str, list[Line]] = {}
        self.waiting: dict[str, list[Line]] = defaultdict(list)
        self.discounts: dict[str, dict[str, Any]] = {}
        # Invoices of localstripe's that stand for nothing: another took their place.
        self.hidden: set[str] = set()

    def discount(self, subscription: str, coupon: dict[str, Any]) -> None:
        """From now on, for as long as the coupon says."""
        end = None
        if coupon["duration"] == "repeating":
            end = int(months_after(datetime.now(UTC), int(coupon["duration_in_months"])).timestamp())
        self.discounts[subscription] = {
            "id": f"di_{next(self.numbers)}", "object": "discount", "coupon": coupon, "end": end, "used": False,
        }  # fmt: skip

    def holds(self, subscription: str, at: float) -> dict[str, Any] | None:
        found = self.discounts.get(subscription)
        if found is None or (found["coupon"]["duration"] == "once" and found["used"]):
            return None
        return None if found["end"] and at >= found["end"] else found

    def prorated(self, known: dict[str, Any], new: dict[str, Any], at: int) -> list[Line]:
        """The rest of the period: what was paid for it, and what it costs by the new plan.

        Another interval begins a new period, which is due whole.
        """
        old, start, end = (
            known["items"]["data"][0]["plan"],
            known["current_period_start"],
            known["current_period_end"],
        )
        left = max(0, min(1, (end - at) / (end - start)))
        paid = next(
            (
                line["amount"] - sum(off["amount"] for off in line["discount_amounts"])
                for invoice in reversed(self.invoices.values())
                if subscription_of(invoice) == known["id"]
                for line in self.lines[invoice["id"]]
                if not proration(line)
            ),
            old["amount"],
        )
        same = old["interval"] == new["interval"]
        moment = {"start": at, "end": end}
        return [
            self.line(known["id"], -round(paid * left), f"Unused time on {old['id']}", moment, prorated=True),
            self.line(known["id"], round(new["amount"] * (left if same else 1)), f"Remaining time on {new['id']}",
                      moment, prorated=same),
        ]  # fmt: skip

    def line(
        self, subscription: str, amount: int, description: str, period: dict[str, int], *, prorated: bool = False
    ) -> Line:
        details = {"proration": prorated, "subscription": subscription}
        return {
            "id": f"il_own{next(self.numbers)}", "object": "line_item", "amount": amount,
            "description": description, "discountable": amount > 0, "discount_amounts": [],
            "period": period, "quantity": 1,
            "parent": {"type": "subscription_item_details", "subscription_item_details": details},
        }  # fmt: skip

    def invoice(
        self, known: dict[str, Any], lines: list[Line], *, status: str, at: float | None = None
    ) -> dict[str, Any]:
        """Not kept yet; `keep` does."""
        moment, invoice_id = int(at or time.time()), f"in_own{next(self.numbers)}"
        off = self._take_off(known["id"], lines, moment)
        subtotal = sum(line["amount"] for line in lines)
        total = subtotal - sum(item["amount"] for item in off)
        status = "paid" if total <= 0 else status
        self.lines[invoice_id] = lines
        return {
            "id": invoice_id, "object": "invoice", "number": f"S-{next(self.numbers):04}", "status": status,
            "customer": known["customer"], "currency": known["items"]["data"][0]["plan"]["currency"],
            "created": moment, "due_date": None, "subtotal": subtotal, "total": total,
            "total_excluding_tax": total, "amount_due": max(0, total),
            "amount_paid": total if status == "paid" else 0,
            "total_discount_amounts": off, "total_taxes": [],
            "parent": {"type": "subscription_details", "subscription_details": {"subscription": known["id"]}},
            "status_transitions": {"finalized_at": moment, "paid_at": moment if status == "paid" else None},
            "lines": paged(lines, {}, f"/v1/invoices/{invoice_id}/lines"),
        }  # fmt: skip

    def keep(self, invoice: dict[str, Any]) -> dict[str, Any]:
        self.invoices[invoice["id"]] = invoice
        if invoice["total_discount_amounts"]:
            self.discounts[subscription_of(invoice)]["used"] = True
        return invoice

    def _take_off(self, subscription: str, lines: list[Line], at: float) -> list[dict[str, Any]]:
        found = self.holds(subscription, at)
        if found is None:
            return []
        percent, amount = found["coupon"]["percent_off"], found["coupon"]["amount_off"] or 0
        for line in (line for line in lines if line["discountable"]):
            off = round(line["amount"] * percent / 100) if percent else min(amount, line["amount"])
            amount -= 0 if percent else off
            line["discount_amounts"] = [{"amount": off, "discount": found["id"]}]
        return [{"amount": sum(off["amount"] for line in lines for off in line["discount_amounts"]),
                 "discount": found["id"]}]  # fmt: skip


def subscription_of(invoice: dict[str, Any]) -> str:
    return str(((invoice.get("parent") or {}).get("subscription_details") or {}).get("subscription", ""))


def proration(line: Line) -> bool:
    return bool(line["parent"]["subscription_item_details"]["proration"])


def listed(found: Iterable[dict[str, Any]], query: dict[str, Any], path: str) -> dict[str, Any]:
    """A page of a list, newest first, of what the query asks for."""
    created = query.get("created") or {}
    first, after = int(created.get("gte", 0)), int(created.get("lt", 2**40))
    kept = [
        item
        for item in found
        if query.get("customer", item["customer"]) == item["customer"]
        and query.get("subscription", subscription_of(item)) == subscription_of(item)
        and first <= item["created"] < after
    ]
    return paged(sorted(kept, key=lambda item: (item["created"], item["id"]), reverse=True), query, path)


def paged(found: list[dict[str, Any]], query: dict[str, Any], path: str) -> dict[str, Any]:
    """From `starting_after` on, `limit` of them: 10 where it is not given, and 100 at most."""
    limit = int(query.get("limit", 10))
    if not 1 <= limit <= 100:
        raise ValueError(f"A limit of {limit}")
    ids = [item["id"] for item in found]
    start = ids.index(query["starting_after"]) + 1 if "starting_after" in query else 0
    return {
        "object": "list",
        "url": path,
        "has_more": len(found) > start + limit,
        "data": found[start : start + limit],
    }
