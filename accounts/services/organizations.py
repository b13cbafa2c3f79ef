"""Make organizations and their members."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.text import slugify

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing import limits
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import FormerSlug, Membership, Organization, User
from accounts.permissions import Capability, Role
from accounts.services import audit

LONGEST_SLUG = 60


@transaction.atomic
def create(*, name: str, owner: User, actor: Actor, slug: str = "") -> Organization:
    """A new organization with its owner.

    Raises Invalid for a name without a letter or digit, Conflict for a slug that is taken.
    """
    chosen = slugify(slug or name)[:LONGEST_SLUG]
    if not chosen:
        raise Invalid(
            "The name needs a letter or a digit.",
            fields=[FieldError("name", "Needs a letter or a digit.")],
        )
    require_free(chosen)
    organization = Organization.objects.create(name=name, slug=chosen)
    audit.record(
        action=Action.ORGANIZATION_CREATED,
        actor=actor,
        organization_id=organization.pk,
        target=Target(organization.pk, name),
        after={"name": name, "slug": chosen},
    )
    add_member(organization=organization, user=owner, role=Role.OWNER, actor=actor)
    return organization


@transaction.atomic
def rename(
    *, organization: Organization, actor: Actor, name: str | None = None, slug: str | None = None
) -> Organization:
    """Another name, or another slug; what is None stays. The slug that it had leads to the new one from then on.

    Raises Forbidden, Invalid for a name without a letter or what is no slug, and Conflict for a taken slug.
    """
    actor.require(organization.pk, Capability.RENAME_ORGANIZATION)
    found = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    before = {"name": found.name, "slug": found.slug}
    found.name = before["name"] if name is None else name.strip()
    if not slugify(found.name):
        message = "Needs a letter or a digit."
        raise Invalid(f"The name: {message}", fields=[FieldError("name", message)])
    if slug is not None and slug != found.slug:
        _change_slug(found, slug)
    found.save(update_fields=["name", "slug"])
    changed = audit.differing(before, {"name": found.name, "slug": found.slug})
    if changed is not None:
        was, became = changed
        audit.record(
            action=Action.ORGANIZATION_CHANGED,
            actor=actor,
            organization_id=found.pk,
            target=Target(found.pk, found.name),
            before=was,
            after=became,
        )
    return found


def _change_slug(organization: Organization, slug: str) -> None:
    """Set it, and keep the old one for this organization; raises as `rename`. The caller saves and notes it."""
    if slug != slugify(slug) or not 0 < len(slug) <= LONGEST_SLUG:
        message = f"Up to {LONGEST_SLUG} small letters, digits and dashes."
        raise Invalid(f"The address: {message}", fields=[FieldError("slug", message)])
    require_free(slug, organization)
    was, organization.slug = organization.slug, slug
    keep_former(organization, was)


def keep_former(organization: Organization, slug: str) -> None:
    """Links with this slug, which the organization had, lead to the one that it has now."""
    FormerSlug.objects.filter(slug=organization.slug).delete()
    FormerSlug.objects.create(slug=slug, organization=organization)


def require_free(slug: str, organization: Organization | None = None) -> None:
    """Raises Conflict for a slug that another organization has, or had."""
    had = FormerSlug.objects.filter(slug=slug).exclude(organization=organization)
    if Organization.objects.filter(slug=slug).exists() or had.exists():
        raise Conflict(f"The address '{slug}' is taken.", fields=[FieldError("slug", "Is taken.")])


@transaction.atomic
def add_member(*, organization: Organization, user: User, role: Role, actor: Actor) -> Membership:
    """Make a person a member; raises Conflict where they are one already, PlanLimit without a free seat."""
    Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if Membership.objects.of(organization).filter(user=user).exists():
        raise Conflict(f"{user.email} is a member already.")
    limits.require_seat(organization)
    membership = Membership.objects.create(organization=organization, user=user, role=role)
    audit.record(
        action=Action.MEMBER_ADDED,
        actor=actor,
        organization_id=organization.pk,
        target=Target(user.pk, user.email),
        after={"role": role},
    )
    return membership


def roles_of(organization: Organization) -> dict[int, tuple[str, str]]:
    """Each member's address and role, by the person's id."""
    members = Membership.objects.of(organization).values_list("user_id", "user__email", "role")
    return {user_id: (email, role) for user_id, email, role in members}


def note_roles(*, organization: Organization, actor: Actor, before: Mapping[int, tuple[str, str]]) -> None:
    """Note who was added, removed or given another role since `roles_of` said this, in the same transaction."""
    after = roles_of(organization)
    for user_id in sorted(before.keys() | after.keys()):
        (email, was), (address, became) = before.get(user_id, ("", "")), after.get(user_id, ("", ""))
        if was == became:
            continue
        action = (
            Action.MEMBER_CHANGED if was and became else Action.MEMBER_ADDED if became else Action.MEMBER_REMOVED
        )
        audit.record(
            action=action,
            actor=actor,
            organization_id=organization.pk,
            target=Target(user_id, address or email),
            before={"role": was} if was else None,
            after={"role": became} if became else None,
        )
