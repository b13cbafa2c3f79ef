"""An invoice or a credit note as it is printed: every text of it, in its place. No Django, no PDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from accounts.billing import money
from accounts.billing.months import in_words


@dataclass(frozen=True, slots=True)
class Row:
    """A line with its days below it; amounts are written."""

    description: str
    days: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True, slots=True)
class Document:
    """`stamp` is a word across the head, such as Paid; totals end with the one that counts."""

    title: str
    number: str
    stamp: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    totals: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def file_name(self) -> str:
        """`invoice-INV-000042.pdf`, of letters that no header or file system minds."""
        number = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in self.number)
        return f"{self.title.lower().replace(' ', '-')}-{number}.pdf"


class PrintedLine(Protocol):
    description: str
    quantity: int
    unit: str
    unit_amount: int
    amount: int
    first_day: date | None
    last_day: date | None


class PrintedInvoice(Protocol):
    """What is read of an invoice."""

    number: str
    state: str
    currency: str
    seller: Mapping[str, Any]
    buyer: Mapping[str, Any]
    note: str
    taxes: Sequence[Mapping[str, Any]]
    subtotal: int
    total: int
    issued_at: datetime | None
    due_on: date | None
    paid_at: datetime | None


class PrintedCreditNote(Protocol):
    number: str
    reason: str
    net: int
    taxes: Sequence[Mapping[str, Any]]
    total: int
    issued_at: datetime


_MOST_ADDRESS_LINES = 8
_STAMPS = {"paid": "Paid", "void": "Void", "uncollectible": "Written off"}


def of_invoice(invoice: PrintedInvoice, lines: Sequence[PrintedLine]) -> Document:
    """Raises KeyError for an unknown currency."""
    facts = [("Invoice", invoice.number)]
    if invoice.issued_at:
        facts.append(("Date", in_words(invoice.issued_at.date())))
    if invoice.due_on and invoice.state in {"open", "uncollectible"}:
        facts.append(("To be paid by", in_words(invoice.due_on)))
    if invoice.paid_at:
        facts.append(("Paid on", in_words(invoice.paid_at.date())))
    return Document(
        title="Invoice",
        number=invoice.number,
        stamp=_STAMPS.get(invoice.state, ""),
        seller=_party(invoice.seller),
        buyer=_party(invoice.buyer),
        facts=tuple(facts),
        rows=tuple(_row(line, invoice.currency) for line in lines),
        totals=_totals(invoice.subtotal, invoice.taxes, invoice.total, invoice.currency),
        notes=tuple(filter(None, (invoice.note, str(invoice.seller.get("footer", ""))))),
    )


def of_credit_note(note: PrintedCreditNote, invoice: PrintedInvoice) -> Document:
    written = money.written(-note.net, invoice.currency)
    taxes = [{**tax, "amount": -tax["amount"]} for tax in note.taxes]
    return Document(
        title="Credit note",
        number=note.number,
        stamp="",
        seller=_party(invoice.seller),
        buyer=_party(invoice.buyer),
        facts=(
            ("Credit note", note.number),
            ("Date", in_words(note.issued_at.date())),
            ("For invoice", invoice.number),
        ),
        rows=(Row(note.reason, "", "1", written, written),),
        totals=_totals(-note.net, taxes, -note.total, invoice.currency),
        notes=tuple(filter(None, (invoice.note, str(invoice.seller.get("footer", ""))))),
    )


def rate(hundredths: int) -> str:
    """1900 is 19 %, 550 is 5.5 %."""
    return f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".") + " %"


def _row(line: PrintedLine, currency: str) -> Row:
    per = f" / {line.unit}" if line.unit else ""
    return Row(
        description=line.description,
        days=_days(line.first_day, line.last_day),
        quantity=f"{line.quantity:,}",
        price=money.written(line.unit_amount, currency) + per,
        amount=money.written(line.amount, currency),
    )


def _totals(
    net: int, taxes: Sequence[Mapping[str, Any]], total: int, currency: str
) -> tuple[tuple[str, str], ...]:
    return (
        ("Subtotal", money.written(net, currency)),
        *((_tax_words(tax), money.written(tax["amount"], currency)) for tax in taxes),
        ("Total", money.written(total, currency)),
    )


def _tax_words(tax: Mapping[str, Any]) -> str:
    """Of taxes that Stripe has computed no single rate is known."""
    return f"{tax['name']} {rate(tax['rate'])}" if tax["rate"] else str(tax["name"])


def _party(party: Mapping[str, Any]) -> tuple[str, ...]:
    tax_id = f"Tax ID {party['tax_id']}" if party.get("tax_id") else ""
    lines = (party.get("name", ""), *_address(party), party.get("country", ""), tax_id)
    return tuple(str(line).strip() for line in (*lines, party.get("email", "")) if str(line).strip())


def _address(party: Mapping[str, Any]) -> tuple[str, ...]:
    """Its lines; beyond what has room at the head of a page they stand side by side."""
    lines = [line for line in str(party.get("address", "")).splitlines() if line.strip()]
    rest = ", ".join(lines[_MOST_ADDRESS_LINES - 1 :])
    return (*lines[: _MOST_ADDRESS_LINES - 1], rest)


def _days(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return ""
    return in_words(first) if first == last else f"{in_words(first)} to {in_words(last)}"
