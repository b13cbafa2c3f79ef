"""What people do to their own accounts, noted in the log of every organization that they are a member of."""

from collections.abc import Mapping

from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.models import Membership, User
from accounts.services import audit


@transaction.atomic
def note(
    *,
    action: Action,
    user: User,
    actor: Actor,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> None:
    """Add an entry about `user` to each of their organizations; somebody without one leaves none."""
    target = Target(user.pk, user.email)
    for organization_id in Membership.objects.filter(user=user).values_list("organization_id", flat=True):
        audit.record(
            action=action,
            actor=actor,
            organization_id=organization_id,
            target=target,
            before=before,
            after=after,
        )
