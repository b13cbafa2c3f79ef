"""What becomes of an invoice: paid, void, written off."""

from datetime import datetime

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing.services import overdue, subscriptions
from accounts.errors import Conflict
from accounts.models import Invoice
from accounts.services import audit

State = Invoice.State
_ACTIONS = {
    State.PAID: Action.INVOICE_PAID,
    State.VOID: Action.INVOICE_VOIDED,
    State.UNCOLLECTIBLE: Action.INVOICE_WRITTEN_OFF,
}
_FROM = {
    State.PAID: {State.OPEN, State.UNCOLLECTIBLE},
    State.VOID: {State.OPEN, State.UNCOLLECTIBLE},
    State.UNCOLLECTIBLE: {State.OPEN},
}


@transaction.atomic
def close(*, invoice: Invoice, state: Invoice.State, actor: Actor, now: datetime) -> Invoice:
    """Mark one of ours as paid, void or uncollectible. Raises Conflict where its state does not allow it.

    Once nothing is overdue any more, its subscription is active again.
    """
    if invoice.organization_id is not None:
        subscriptions.locked(invoice.organization_id)
    found = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
    if found.provider == Invoice.Provider.STRIPE:
        raise Conflict(f"The invoice {found} is Stripe's: it is paid or made void there.")
    if found.state not in _FROM[state]:
        raise Conflict(f"The invoice {found} is {found.get_state_display().lower()} already.")
    before, found.state = found.state, state
    if state == State.PAID:
        found.paid_at = now
    else:
        found.closed_at = now
    found.save(update_fields=["state", "paid_at", "closed_at"])
    audit.record(
        action=_ACTIONS[state],
        actor=actor,
        organization_id=found.organization_id,
        target=Target(found.pk, found.number),
        before={"state": before},
        after={"state": state},
    )
    overdue.settle(invoice=found, actor=actor, now=now)
    return found
