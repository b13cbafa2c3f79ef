"""What is given back of periods that were invoiced ahead and that another price cut short."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import zip_longest

from accounts.billing import periods, rating
from accounts.billing.months import day_of
from accounts.billing.rating import GivenBack, Line, LineKind, Period
from accounts.models import Invoice, InvoiceLine, Subscription

_KINDS = (LineKind.BASE, LineKind.DISCOUNT, LineKind.UNUSED)


def given_back(found: Subscription, *, owed: int) -> list[Line]:
    """A line for each such period of which something is left, the oldest first; together at most `owed`.

    In another currency it is a matter for staff, and a credit note.
    """
    if owed <= 0:
        return []
    known = InvoiceLine.objects.filter(
        subscription_id=found.pk, kind__in=_KINDS, invoice__currency=found.price.currency
    )
    lines = list(known.select_related("invoice").order_by("pk"))
    made: list[Line] = []
    for base, since in _cut_short(found, [line for line in lines if line.kind == LineKind.BASE]):
        made += rating.unused(
            base.description.removeprefix("Plan "),
            base.amount + _sum(lines, f"discount:{_key(base)}"),
            Period(_key(base), base.first_day or since, base.last_day or since),
            since=since,
            owed=owed + rating.subtotal(made),
            given=_given(lines, _key(base)),
        )
    return made


def _cut_short(found: Subscription, bases: Sequence[InvoiceLine]) -> Iterator[tuple[InvoiceLine, date]]:
    """Each period that was not over when the next one began, with the day on which that did.

    What runs was counted anew from its anchor, whether or not it is invoiced yet.
    """
    valid = [base for base in bases if not _is_void(base)]
    anchor = periods.key(found.anchor)
    for base, after in zip_longest(valid, valid[1:]):
        since = after.first_day if after else day_of(found.anchor) if _key(base) < anchor else None
        if since is not None and base.last_day is not None and since <= base.last_day:
            yield base, since


def _key(base: InvoiceLine) -> str:
    return base.covers.removeprefix("base:")


def _given(lines: Sequence[InvoiceLine], key: str) -> GivenBack:
    """A part that is void was not given back; its number is taken all the same."""
    parts = [line for line in lines if line.covers.startswith(f"unused:{key}")]
    return GivenBack(len(parts), -sum(line.amount for line in parts if not _is_void(line)))


def _sum(lines: Sequence[InvoiceLine], covers: str) -> int:
    return sum(line.amount for line in lines if line.covers == covers)


def _is_void(line: InvoiceLine) -> bool:
    return line.invoice.state == Invoice.State.VOID
