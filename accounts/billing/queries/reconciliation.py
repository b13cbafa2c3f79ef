"""Does billing agree with itself: the ledger with its sums, invoices with their lines and with what was rated.

Every function gives the differences as sentences; none means that all agree.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection
from django.db.models import F, Sum

from accounts.billing import money
from accounts.billing.months import month_after
from accounts.billing.queries.invoices import usage_between
from accounts.models import CreditNote, Invoice, InvoiceCounter, InvoiceLine, RatedMonth

# Sums of the ledger beside the sums that are kept, wherever they differ.
_LEDGER = """
SELECT coalesce(entry.organization_id, kept.organization_id), coalesce(entry.day, kept.day),
    coalesce(entry.project_id, kept.project_id), coalesce(entry.meter, kept.meter),
    coalesce(entry.model, kept.model), coalesce(entry.quantity, 0), coalesce(kept.quantity, 0)
FROM (
    SELECT organization_id, day, coalesce(project_id, 0) AS project_id, meter, model, currency,
        sum(quantity)::bigint AS quantity
    FROM accounts_usageentry WHERE day >= %(first)s AND day < %(after)s
    GROUP BY organization_id, day, coalesce(project_id, 0), meter, model, currency
) AS entry
FULL JOIN (
    SELECT * FROM accounts_usageday WHERE day >= %(first)s AND day < %(after)s
) AS kept USING (organization_id, day, project_id, meter, model, currency)
WHERE coalesce(entry.quantity, 0) <> coalesce(kept.quantity, 0)
ORDER BY 1, 2, 3, 4, 5
"""


def ledger_and_sums(month: date) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER, {"first": month, "after": month_after(month)})
        return [
            f"Organization {organization}, {day}, project {project or '–'}, {meter} {model}".rstrip()
            + f": the ledger has {posted:,}, the sums have {kept:,}."
            for organization, day, project, meter, model, posted, kept in cursor.fetchall()
        ]


def invoices_and_lines(month: date) -> list[str]:
    """Invoices and credit notes of the month add up, and numbers have no gaps."""
    return [*_invoices(month), *_credit_notes(month), *_gaps()]


def rated_and_ledger(month: date) -> list[str]:
    """What was rated of the month is what the ledger has, as far as the subscription reached into it."""
    found: list[str] = []
    for rated in RatedMonth.objects.filter(month=month).select_related("subscription"):
        subscription = rated.subscription
        begun = max(filter(None, (subscription.created_at, subscription.trial_ends_at))).date()
        after = month_after(month)
        if subscription.ended_at:
            after = min(after, subscription.ended_at.date())
        used = usage_between(subscription.organization_id, first=max(month, begun), after=after)
        for name, then, now in (("events", rated.events, used.events), ("tokens", rated.tokens, used.tokens)):
            if then != now:
                found.append(
                    f"Subscription {subscription.pk}: {then:,} {name} were rated, the ledger has {now:,}."
                )
    return found


def _invoices(month: date) -> Iterable[str]:
    issued = Invoice.objects.issued().filter(issued_at__date__gte=month, issued_at__date__lt=month_after(month))
    sums = dict(
        InvoiceLine.objects.filter(invoice__in=issued).values_list("invoice").annotate(Sum("amount")).order_by()
    )
    for invoice in issued.order_by("pk"):
        lines, taxes = sums.get(invoice.pk, 0), sum(tax["amount"] for tax in invoice.taxes)
        if lines != invoice.subtotal:
            yield _differs(invoice, "its lines come to", lines, "its subtotal is", invoice.subtotal)
        if invoice.subtotal + taxes != invoice.total:
            yield _differs(
                invoice, "subtotal and taxes come to", invoice.subtotal + taxes, "it is of", invoice.total
            )


def _credit_notes(month: date) -> Iterable[str]:
    issued = CreditNote.objects.filter(issued_at__date__gte=month, issued_at__date__lt=month_after(month))
    invoices = Invoice.objects.filter(credit_notes__in=issued).distinct()
    for invoice in invoices.annotate(credited=Sum("credit_notes__total")).filter(credited__gt=F("total")):
        credited: int = getattr(invoice, "credited", 0)
        yield _differs(invoice, "it is of", invoice.total, "credited are", credited)


def _gaps() -> Iterable[str]:
    for series, model in (("invoices", Invoice), ("credit_notes", CreditNote)):
        counter = InvoiceCounter.objects.filter(series=series).first()
        there = model.objects.filter(sequence__isnull=False).count()
        if counter and counter.last != there:
            yield f"The last number of {series} is {counter.last}, and there are {there}."


def _differs(invoice: Invoice, one: str, amount: int, other: str, than: int) -> str:
    first, second = (money.written(value, invoice.currency) for value in (amount, than))
    return f"{invoice}: {one} {first}, {other} {second}."
