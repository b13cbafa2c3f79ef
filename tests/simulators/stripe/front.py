"""The server that stands in front of localstripe; see the package."""

import itertools
import json
import re
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.simulators.stripe import forms
from tests.simulators.stripe.books import Books, listed, paged

KEY = "sk_test_simulator"
GOOD, FAILING = "pm_card_visa", "pm_card_chargeCustomerFail"
_PAGE = "<!DOCTYPE html><title>{title}</title><h1>{title}</h1><form method=post><button>{label}</button></form>"
_DECLINED = {"error": {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}}
_OPEN = ("trialing", "active", "past_due", "incomplete")


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Front:
    """What localstripe has not: in memory, under one lock."""

    def __init__(self, back: str) -> None:
        self.back, self.url, self.lock = back, "", threading.RLock()
        self.numbers = itertools.count(1)
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.answers: dict[str, Any] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.meters: list[dict[str, Any]] = []
        self.metered_prices: dict[str, dict[str, Any]] = {}
        self.meter_events: dict[str, dict[str, Any]] = {}
        self.cards: dict[str, str] = {}
        self.more: dict[str, dict[str, Any]] = defaultdict(dict)
        self.own_events: list[dict[str, Any]] = []
        self.books = Books(self.numbers)

    # What the tests do, as people and time would.

    def pay(self, session_id: str, card: str = GOOD) -> str:
        """Somebody pays on the page of Checkout: the subscription is there, and Stripe tells of it."""
        session = self.sessions[session_id]
        if not session["sent"].get("payment_method_collection"):
            self.use_card(session["customer"], card)
        about = {**session["sent"].get("subscription_data", {}), "discounts": session["sent"].get("discounts", [])}
        created = self.subscribe(session["customer"], session["sent"]["line_items"], about)
        session |= {"status": "complete", "subscription": created["id"]}
        self.tell("checkout.session.completed", session)
        return str(created["id"])

    def use_card(self, customer: str, card: str) -> None:
        attached = self.ask("POST", f"/v1/payment_methods/{card}/attach", {"customer": customer})["id"]
        default = {"invoice_settings": {"default_payment_method": attached}}
        self.ask("POST", f"/v1/customers/{customer}", default)
        self.cards[customer] = card

    def renew(self, subscription: str, *, at: float | None = None) -> None:
        """The next period's invoice is made and charged to the card."""
        known = self.ask("GET", f"/v1/subscriptions/{subscription}")
        waiting = self.books.waiting.pop(subscription, [])
        if waiting or subscription in self.books.discounts:
            self.settle(known, [*waiting, self.base(known)], at=at)
        else:
            sent = {"customer": known["customer"], "subscription": subscription}
            invoice = self.ask("POST", "/v1/invoices", sent)
            paid = self.ask("POST", f"/v1/invoices/{invoice['id']}/pay", {"expand": ["charge"]})
            if paid["status"] != "paid":
                self.tell("invoice.payment_failed", paid)
        self.tell_updated(subscription)

    def base(self, known: dict[str, Any]) -> dict[str, Any]:
        """The line of a whole period."""
        plan, period = known["items"]["data"][0]["plan"], known["items"]["data"][0].get("period", {})
        period = period or {"start": known["current_period_start"], "end": known["current_period_end"]}
        return self.books.line(known["id"], plan["amount"], plan["id"], period)

    def settle(
        self, known: dict[str, Any], lines: list[dict[str, Any]], *, at: float | None = None
    ) -> dict[str, Any]:
        """An invoice of these lines, charged to the card, and told of."""
        status = "open" if self.cards.get(known["customer"]) == FAILING else "paid"
        invoice = self.books.keep(self.books.invoice(known, lines, status=status, at=at))
        self.tell("invoice.finalized", invoice)
        self.tell("invoice.paid" if invoice["status"] == "paid" else "invoice.payment_failed", invoice)
        return invoice

    def retry(self, subscription: str) -> None:
        """The invoice that could not be paid is charged again."""
        unpaid = next(invoice for invoice in self.invoices_of(subscription) if invoice["status"] == "open")
        if unpaid["id"] in self.books.invoices:
            unpaid |= {"status": "paid", "amount_paid": unpaid["total"]}
            unpaid["status_transitions"]["paid_at"] = int(time.time())
            self.tell("invoice.paid", unpaid)
        else:
            self.ask("POST", f"/v1/invoices/{unpaid['id']}/pay", {"expand": ["charge"]})
        self.tell_updated(subscription)

    def invoices_of(self, subscription: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.list_invoices({"subscription": subscription, "limit": 100})["data"]
        return found

    def run_out(self, subscription: str) -> None:
        """The period is over for what was cancelled."""
        self.ask("DELETE", f"/v1/subscriptions/{subscription}")

    def events(self) -> list[dict[str, Any]]:
        """All that Stripe has to tell so far, in order."""
        found = self.ask("GET", "/v1/events?limit=100")["data"] + self.own_events
        told = [event for event in found if event["data"]["object"].get("id") not in self.books.hidden]
        return sorted(told, key=lambda event: event["created"])

    # What the API does.

    def answer(self, method: str, path: str, sent: dict[str, Any]) -> Any:
        bare, _, text = path.partition("?")
        query = forms.read(text)
        own = {
            ("GET", "/v1/invoices"): lambda _: self.list_invoices(query),
            ("GET", "/v1/subscriptions"): lambda _: self.list_subscriptions(query),
            ("POST", "/v1/prices"): self.make_price,
            ("POST", "/v1/coupons"): self.make_coupon,
            ("POST", "/v1/subscriptions"): lambda sent: self.subscribe(sent["customer"], sent["items"], sent),
            ("POST", "/v1/checkout/sessions"): self.begin,
            ("POST", "/v1/billing_portal/sessions"): lambda sent: {"id": "bps_1", "url": f"{self.url}/portal"},
            ("POST", "/v1/billing/meters"): self.make_meter,
            ("GET", "/v1/billing/meters"): lambda sent: {
                "object": "list", "data": self.meters, "has_more": False, "url": "/v1/billing/meters",
            },
            ("POST", "/v1/billing/meter_events"): self.count,
            ("POST", "/v1/invoices/create_preview"): self.preview,
        }.get((method, bare))  # fmt: skip
        if own is not None:
            return own(sent)
        if found := re.fullmatch(r"/v1/checkout/sessions/(\w+)", path):
            return self.sessions[found[1]]
        if found := re.fullmatch(r"/v1/subscriptions/(sub_\w+)", path):
            return self.of_subscription(method, found[1], sent)
        if found := re.fullmatch(r"/v1/invoices/(in_\w+)(/lines)?", bare):
            return self.of_invoice(found[1], path, query if found[2] else None)
        if re.fullmatch(r"/v1/billing/meters/mtr_\w+/event_summaries", bare):
            return self.summaries(bare, query)
        return self.ask(method, path, sent)

    def list_invoices(self, query: dict[str, Any]) -> dict[str, Any]:
        """Of localstripe and our own, page by page."""
        given = "".join(f"&{name}={query[name]}" for name in ("customer", "subscription") if name in query)
        found = self.ask("GET", f"/v1/invoices?limit=10000{given}")["data"]
        shown = [invoice for invoice in found if invoice["id"] not in self.books.hidden]
        return listed([*shown, *self.books.invoices.values()], query, "/v1/invoices")

    def list_subscriptions(self, query: dict[str, Any]) -> dict[str, Any]:
        given = f"&customer={query['customer']}&status={query.get('status', '')}".removesuffix("&status=")
        found = [self.shown(item) for item in self.ask("GET", f"/v1/subscriptions?limit=10000{given}")["data"]]
        return paged(found, query, "/v1/subscriptions")

    def of_invoice(self, invoice: str, path: str, query: dict[str, Any] | None) -> Any:
        """An invoice with its first lines, or the lines page by page where there is a query."""
        if invoice not in self.books.invoices:
            return self.ask("GET", path)
        if query is not None:
            return paged(self.books.lines[invoice], query, f"/v1/invoices/{invoice}/lines")
        return self.books.invoices[invoice]

    def summaries(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """What a meter adds up to for a customer."""
        meter = next(meter for meter in self.meters if f"/{meter['id']}/" in path)
        since, until = int(query["start_time"]), int(query["end_time"])
        if since % 60 or until % 60:
            raise Refused(400, {"error": {"type": "invalid_request_error", "message": "Whole minutes."}})
        total = sum(
            int(event["payload"]["value"])
            for event in self.meter_events.values()
            if event["event_name"] == meter["event_name"]
            and event["payload"]["stripe_customer_id"] == query["customer"]
            and since <= int(event["timestamp"]) < until
        )
        found = {"id": "mtrusg_1", "object": "billing.meter_event_summary", "aggregated_value": float(total),
                 "meter": meter["id"], "start_time": since, "end_time": until}  # fmt: skip
        return paged([found] if total else [], query, path)

    def make_price(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent["recurring"]["usage_type"] == "metered":
            price_id = f"price_metered{next(self.numbers)}"
            self.metered_prices[price_id] = {"id": price_id, "object": "price", **sent}
            return self.metered_prices[price_id]
        plan = {
            "id": f"price_{next(self.numbers)}",
            "amount": sent["unit_amount"],
            "currency": sent["currency"],
            "interval": sent["recurring"]["interval"],
            "product": {"name": sent["product_data"]["name"]},
        }
        return {**self.ask("POST", "/v1/plans", plan), "object": "price"}

    def make_coupon(self, sent: dict[str, Any]) -> Any:
        known = ("percent_off", "amount_off", "currency", "duration", "duration_in_months")
        fields = {name: sent[name] for name in known if name in sent}
        return self.ask("POST", "/v1/coupons", {"id": f"coupon{next(self.numbers)}", **fields})

    def make_meter(self, sent: dict[str, Any]) -> dict[str, Any]:
        meter = {"id": f"mtr_{next(self.numbers)}", "object": "billing.meter", "status": "active", **sent}
        self.meters.append(meter)
        return meter

    def count(self, sent: dict[str, Any]) -> dict[str, Any]:
        """An event of usage counts once, whatever is sent again under its name."""
        if sent["identifier"] in self.meter_events:
            message = f"An event already exists with identifier {sent['identifier']}."
            raise Refused(400, {"error": {"type": "invalid_request_error", "message": message}})
        self.meter_events[sent["identifier"]] = sent
        return {"object": "billing.meter_event", **sent}

    def begin(self, sent: dict[str, Any]) -> dict[str, Any]:
        session_id = f"cs_{next(self.numbers)}"
        self.sessions[session_id] = {
            "id": session_id, "object": "checkout.session", "status": "open", "subscription": None,
            "customer": sent["customer"], "client_reference_id": sent["client_reference_id"],
            "url": f"{self.url}/pay/{session_id}", "sent": sent,
        }  # fmt: skip
        return self.sessions[session_id]

    def subscribe(self, customer: str, items: list[dict[str, Any]], about: dict[str, Any]) -> Any:
        base, metered = self.parted(items)
        sent = {"customer": customer, "items": [{"plan": base}], "metadata": about.get("metadata", {})}
        more: dict[str, Any] = {"metered": metered}
        if days := int(about.get("trial_period_days", 0)):
            more["trial_end"] = sent["trial_end"] = int(time.time()) + days * 86_400
        created = self.ask("POST", "/v1/subscriptions", sent)
        self.more[created["id"]] |= more
        for discount in about.get("discounts", ()):
            self.books.discount(created["id"], self.ask("GET", f"/v1/coupons/{discount['coupon']}"))
        if about.get("discounts") and created["latest_invoice"]:
            self.books.hidden.add(created["latest_invoice"])
            self.settle(created, [self.base(created)])
        return self.shown(created)

    def of_subscription(self, method: str, subscription: str, sent: dict[str, Any]) -> Any:
        path = f"/v1/subscriptions/{subscription}"
        if method != "POST":
            return self.shown(self.ask(method, path))
        known = self.ask("GET", path)
        if "pause_collection" in sent:
            self.more[subscription]["pause_collection"] = sent["pause_collection"] or None
        if "cancel_at_period_end" in sent:
            self.ask("POST", path, {"cancel_at_period_end": sent["cancel_at_period_end"]})
        if "items" in sent:
            self.change(known, sent)
        self.tell_updated(subscription)
        return self.shown(self.ask("GET", path))

    def change(self, known: dict[str, Any], sent: dict[str, Any]) -> None:
        """Another price. What is to be paid at once is charged first, and nothing changes where it is refused."""
        pay_now = sent["proration_behavior"] == "always_invoice"
        if pay_now and self.cards.get(known["customer"]) == FAILING:
            raise Refused(402, _DECLINED)
        base, metered = self.parted(sent["items"])
        lines = self.prorated(known, sent, base)
        changed = self.ask("POST", f"/v1/subscriptions/{known['id']}", {"items": [{"plan": base}]})
        self.forget_proration(known, changed)
        self.more[known["id"]]["metered"] = metered
        if pay_now or changed["plan"]["interval"] != known["plan"]["interval"]:
            self.settle(known, lines)
        else:
            self.books.waiting[known["id"]] += lines

    def prorated(self, known: dict[str, Any], sent: dict[str, Any], base: str) -> list[dict[str, Any]]:
        new = self.ask("GET", f"/v1/plans/{base}")
        return self.books.prorated(known, new, int(sent.get("proration_date") or time.time()))

    def forget_proration(self, known: dict[str, Any], changed: dict[str, Any]) -> None:
        """localstripe credits all former invoices whole, and invoices another interval at once: neither counts."""
        for item in self.ask("GET", f"/v1/invoiceitems?customer={known['customer']}&limit=1000")["data"]:
            if item["invoice"] is None:
                self.ask("DELETE", f"/v1/invoiceitems/{item['id']}")
        if changed["latest_invoice"] != known["latest_invoice"]:
            self.books.hidden.add(changed["latest_invoice"])

    def preview(self, sent: dict[str, Any]) -> Any:
        known, details = self.ask("GET", f"/v1/subscriptions/{sent['subscription']}"), sent["subscription_details"]
        lines = self.prorated(known, details, self.parted(details["items"])[0])
        return self.books.invoice(known, lines, status="draft")

    def parted(self, items: list[dict[str, Any]]) -> tuple[str, list[str]]:
        prices = [item["price"] for item in items if "price" in item]
        metered = [price for price in prices if price in self.metered_prices]
        return next(price for price in prices if price not in metered), metered

    def shown(self, found: dict[str, Any]) -> dict[str, Any]:
        """A subscription as today's API shows it."""
        more = self.more[found["id"]]
        period = {name: found[name] for name in ("current_period_start", "current_period_end")}
        if more.get("trial_end", 0) > time.time() and found["status"] == "incomplete":
            found["status"], period["current_period_end"] = "trialing", more["trial_end"]
        invoices = self.invoices_of(found["id"])
        if found["status"] == "active" and any(invoice["status"] == "open" for invoice in invoices):
            found["status"] = "past_due"
        base = found["items"]["data"][0]
        items = [{**base, **period, "price": self.price_of(base["plan"])}]
        items += [
            {"id": f"si_{price}", **period, "price": {"id": price, "recurring": {"usage_type": "metered"}}}
            for price in more.get("metered", ())
        ]
        kept = {name: value for name, value in found.items() if name not in {*period, "plan", "quantity"}}
        kept["items"] = {"object": "list", "data": items, "has_more": False, "url": found["items"]["url"]}
        return {**kept, "pause_collection": more.get("pause_collection")}

    def price_of(self, plan: dict[str, Any]) -> dict[str, Any]:
        """localstripe's plan as a price."""
        recurring = {"usage_type": "licensed", "interval": plan["interval"]}
        return {
            "id": plan["id"], "object": "price", "unit_amount": plan["amount"], "currency": plan["currency"],
            "recurring": recurring,
        }  # fmt: skip

    def tell_updated(self, subscription: str) -> None:
        self.tell(
            "customer.subscription.updated", self.shown(self.ask("GET", f"/v1/subscriptions/{subscription}"))
        )

    def tell(self, kind: str, found: dict[str, Any]) -> None:
        number = next(self.numbers)
        self.own_events.append(
            {
                "id": f"evt_own{number}",
                "object": "event",
                "type": kind,
                "created": int(time.time()),
                "data": {"object": json.loads(json.dumps(found))},
            }
        )

    def ask(self, method: str, path: str, sent: dict[str, Any] | None = None) -> Any:
        """localstripe's answer."""
        fields = forms.written(sent) if sent else None
        answer = requests.request(
            method, self.back + path, data=fields, headers={"Authorization": f"Bearer {KEY}"}, timeout=10
        )
        if answer.status_code == 404:
            error = {"type": "invalid_request_error", "code": "resource_missing", "message": f"No such: {path}"}
            raise Refused(404, {"error": error})
        if answer.status_code != 200:
            raise Refused(answer.status_code, answer.json())
        return answer.json()


class Handler(BaseHTTPRequestHandler):
    front: Front
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("")

    def do_DELETE(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def log_message(self, *_: Any) -> None:
        """Nothing on the test's output."""

    def _answer(self, body: str) -> None:
        if not self.path.startswith("/v1/"):
            return self._page()
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._send(401, {"error": {"type": "invalid_request_error", "message": "Wrong key."}})
        front, sent = self.front, forms.read(body)
        key = f"{self.path} {self.headers.get('Idempotency-Key', next(front.numbers))}"
        with front.lock:
            front.requests.append((self.command, self.path, sent))
            try:
                if key not in front.answers:
                    front.answers[key] = front.answer(self.command, self.path, sent)
            except Refused as refused:
                return self._send(refused.status, refused.body)
            return self._send(200, front.answers[key])

    def _page(self) -> None:
        """The pages of Stripe that people see: Checkout, and the portal."""
        path = urlsplit(self.path)
        if self.command == "POST" and path.path.startswith("/pay/"):
            session = self.front.sessions[path.path.removeprefix("/pay/")]
            self.front.pay(session["id"], *parse_qs(path.query).get("card", []))
            back = session["sent"]["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
            return self._send(303, "", Location=back)
        title, label = ("Pay", "Pay") if path.path.startswith("/pay/") else ("Portal", "Save")
        return self._send(200, _PAGE.format(title=title, label=label))

    def _send(self, status: int, body: Any, **headers: str) -> None:
        text = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        kind = "text/html" if isinstance(body, str) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)


def serve(front: Front) -> ThreadingHTTPServer:
    """On a free port of 127.0.0.1, in a thread of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"front": front}))
    front.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
