"""What a plan has room for, asked before something is added. What is there already stays, whatever the plan."""

from accounts.billing.features import Feature
from accounts.errors import PlanLimit
from accounts.models import Invitation, Membership, Organization
from accounts.queries.plans import Limits, limits_of

_HOW = "Owners and the role Billing choose a larger plan under Settings, Plan."


def require_seat(organization: Organization) -> None:
    """Raises PlanLimit where there is no seat for another member or invitation.

    The caller holds the lock of the organization's row, else two might take the last seat.
    """
    limits = limits_of(organization.pk)
    if limits.seats is None or (used := seats_used(organization)) < limits.seats:
        return
    verb = "is" if used == 1 else "are"
    raise PlanLimit(
        f"The plan {limits.plan} has {_counted(limits.seats, 'seat')} for members and open invitations, and "
        f"{used} {verb} taken. Remove a member or revoke an invitation. "
        f"{_HOW}",
        details={"limit": "seats", "plan": limits.plan, "allowed": limits.seats, "used": used},
    )


def require_project(organization: Organization, *, used: int) -> None:
    """Raises PlanLimit where there is no room for another project beside those that are there; locked as above."""
    limits = limits_of(organization.pk)
    if limits.projects is None or used < limits.projects:
        return
    verb = "is" if used == 1 else "are"
    raise PlanLimit(
        f"The plan {limits.plan} has room for {_counted(limits.projects, 'project')}, and there {verb} {used}. "
        f"{_HOW}",
        details={"limit": "projects", "plan": limits.plan, "allowed": limits.projects, "used": used},
    )


def require_feature(limits: Limits, feature: Feature) -> None:
    """Raises PlanLimit where the plan does not have it."""
    if why := missing(limits, feature):
        raise PlanLimit(why, details={"limit": feature.value, "plan": limits.plan})


def missing(limits: Limits, feature: Feature) -> str:
    """Why the plan does not let one, in a sentence; empty where it does."""
    return "" if feature in limits.features else f"The plan {limits.plan} is without {feature.label}. {_HOW}"


def seats_used(organization: Organization) -> int:
    """Members, and invitations that are neither accepted nor revoked: each may become a member any time."""
    return Membership.objects.of(organization).count() + Invitation.objects.of(organization).open().count()


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
