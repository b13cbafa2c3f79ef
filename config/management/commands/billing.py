"""`manage.py billing reconcile`: compare counts, ledger, invoices and Stripe, and print every difference."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.billing.months import month_of
from accounts.billing.queries import reconciliation
from accounts.billing.stripe import client, compared_invoices, compared_subscriptions, compared_usage
from analytics.queries.reconciliation import counts_and_ledger

CHECKS: tuple[tuple[str, Callable[[date], list[str]]], ...] = (
    ("counts of events and the ledger", counts_and_ledger),
    ("the ledger and the sums of days", reconciliation.ledger_and_sums),
    ("what was rated and the ledger", reconciliation.rated_and_ledger),
    ("invoices, their lines, credit notes and numbers", reconciliation.invoices_and_lines),
)
BY_STRIPE: tuple[tuple[str, Callable[[date], list[str]]], ...] = (
    ("subscriptions here and at Stripe", lambda _: compared_subscriptions.differences()),
    ("invoices here and at Stripe", compared_invoices.differences),
    ("blocks over the quotas: the ledger and Stripe", compared_usage.differences),
)


class Command(BaseCommand):
    help = (
        "Compare what is counted, posted, rated, invoiced and at Stripe in a month; exit code 1 where anything "
        "differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["reconcile"])
        parser.add_argument("--month", default="", help="Such as 2026-11; the running month if not given.")

    def handle(self, *_: Any, month: str, **__: Any) -> None:
        first = _month(month) if month else month_of(timezone.now())
        asks = client.is_configured()
        checks = (*CHECKS, *(BY_STRIPE if asks else ()))
        differences = sum(self._checked(name, check(first)) for name, check in checks)
        if not asks:
            self.stdout.write("Stripe: not asked, for no key is set")
        if differences:
            sys.exit(1)

    def _checked(self, name: str, found: Sequence[str]) -> int:
        """Print what differs; how many."""
        count = len(found)
        said = f"{count} difference{'' if count == 1 else 's'}" if count else "agree"
        self.stdout.write("\n".join([f"{name}: {said}", *(f"  {sentence}" for sentence in found)]))
        return count


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise CommandError("A month is written as 2026-11.") from error
