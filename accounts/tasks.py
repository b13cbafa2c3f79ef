"""What Celery beat wakes; each is safe to run at any time, as often as one likes, on any number of machines."""

from celery import shared_task
from django.utils import timezone

from accounts.billing.services import invoice_mail, invoicing, lifecycle, overdue, reporting
from accounts.billing.stripe import events


@shared_task
def move_subscriptions() -> None:
    """What time does: trials and periods end, days of grace run out."""
    lifecycle.move_due(now=timezone.now())


@shared_task
def take_up_stripe_events() -> None:
    """Those whose work failed."""
    events.take_up(now=timezone.now())


@shared_task
def issue_invoices() -> None:
    """What is due of subscriptions that are paid by invoice, the mails, and days of grace for what is overdue."""
    now = timezone.now()
    invoicing.invoice_due(now=now)
    invoice_mail.send_due(now=now)
    overdue.begin_grace(now=now)


@shared_task
def report_usage() -> None:
    """What was used over the quotas of who pays by Stripe."""
    reporting.report_due(now=timezone.now())
