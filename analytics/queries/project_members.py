"""Who may know of a project, as its page and the API show it."""

from dataclasses import dataclass

from accounts.models import Membership
from accounts.permissions import Capability, Role, roles_with
from analytics.models import Project


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who sees data. `always` are those who manage projects: nobody chooses them or leaves them out."""

    membership_id: int
    name: str
    email: str
    role: str
    always: bool
    chosen: bool

    @property
    def called(self) -> str:
        """The name with the address, which is the name of whoever has given none."""
        return self.email if self.name == self.email else f"{self.name} ({self.email})"


@dataclass(frozen=True, slots=True)
class Access:
    """`members` are all whom it concerns, by e-mail address; nobody is chosen where it is not limited."""

    limited: bool
    members: tuple[Candidate, ...]

    @property
    def always(self) -> tuple[Candidate, ...]:
        return tuple(member for member in self.members if member.always)

    @property
    def choosable(self) -> tuple[Candidate, ...]:
        return tuple(member for member in self.members if not member.always)


def access_of(project: Project) -> Access:
    """Who knows of the project now, and who could be chosen."""
    chosen = set(project.chosen.values_list("membership", flat=True))
    managing = roles_with(Capability.MANAGE_PROJECTS)
    found = Membership.objects.of(project.organization).filter(role__in=roles_with(Capability.VIEW_DATA))
    return Access(
        limited=project.is_limited,
        members=tuple(
            Candidate(
                membership_id=member.pk,
                name=member.user.display_name,
                email=member.user.email,
                role=str(Role(member.role).label),
                always=member.role in managing,
                chosen=member.pk in chosen,
            )
            for member in found.select_related("user").order_by("user__email")
        ),
    )
