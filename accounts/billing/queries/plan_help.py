"""Whom to ask for another plan, for who may not choose one."""

from accounts.models import Membership, Organization
from accounts.permissions import Capability, roles_with

# How many are named.
_MOST = 3


def who_changes_plans(organization: Organization) -> str:
    """Whom to ask, by name, as in "Ada or Grace"; "an owner" where there is nobody."""
    able = Membership.objects.of(organization).filter(
        role__in=roles_with(Capability.MANAGE_BILLING), user__is_active=True
    )
    found = able.select_related("user").order_by("role", "user__email")[:_MOST]
    return " or ".join(member.user.display_name for member in found) or "an owner"
