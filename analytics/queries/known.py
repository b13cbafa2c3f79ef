"""What the database knows of a project's people and groups, as readings take it."""

from analytics.kinds.named import NOTHING, Named
from analytics.models import GroupTraits, PersonTraits
from analytics.queries import cohort_members, traits
from analytics.store.known import Known

NOBODY = Known()


def of(project_id: int, version: int, named: Named) -> Known:
    """What a spec names, of the project's version; raises as `cohort_members.used`.

    The caller makes sure that the version is still the same afterwards.
    """
    if named is NOTHING:
        return NOBODY
    members = cohort_members.members(project_id, named.cohorts)
    return Known(
        people=traits.table(PersonTraits, project_id, version, named.person_traits),
        groups=traits.table(GroupTraits, project_id, version, named.group_traits),
        cohorts=members.numbers,
        memberships=members.memberships,
    )
