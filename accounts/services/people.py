"""Make people whose address needs no proof, and name them."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action
from accounts.models import User
from accounts.services import own_changes


@transaction.atomic
def create_verified(*, email: str, name: str) -> User:
    """A person without a password, whose address counts as confirmed; raises IntegrityError for a taken one."""
    user = User.objects.create_user(email, name=name)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@transaction.atomic
def rename(*, user: User, name: str, actor: Actor) -> None:
    """What colleagues call a person; empty is the address. The same name again is no change."""
    former, user.name = user.name, " ".join(name.split())
    if user.name == former:
        return
    user.save(update_fields=["name"])
    before, after = {"name": former}, {"name": user.name}
    own_changes.note(action=Action.NAME_CHANGED, user=user, actor=actor, before=before, after=after)
