"""Make organizations and their members."""

from django.db import transaction
from django.utils.text import slugify

from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Membership, Organization, User
from accounts.permissions import Role


@transaction.atomic
def create(*, name: str, owner: User, slug: str = "") -> Organization:
    """A new organization with its owner.

    Raises Invalid for a name without a letter or digit, Conflict for a slug that is taken.
    """
    chosen = slugify(slug or name)[:60]
    if not chosen:
        raise Invalid(
            "The name needs a letter or a digit.",
            fields=[FieldError("name", "Needs a letter or a digit.")],
        )
    if Organization.objects.filter(slug=chosen).exists():
        raise Conflict(f"The address '{chosen}' is taken.", fields=[FieldError("slug", "Is taken.")])
    organization = Organization.objects.create(name=name, slug=chosen)
    add_member(organization=organization, user=owner, role=Role.OWNER)
    return organization


@transaction.atomic
def add_member(*, organization: Organization, user: User, role: Role) -> Membership:
    """Make a person a member; raises Conflict where they are one already."""
    membership, created = Membership.objects.get_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    if not created:
        raise Conflict(f"{user.email} is a member already.")
    return membership
