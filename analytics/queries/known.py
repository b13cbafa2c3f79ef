"""What the database knows of a project's people and groups, as readings take it."""

from accounts.errors import FieldError, Invalid
from analytics.kinds.named import NOTHING, Named
from analytics.models import GroupTraits, PersonTraits
from analytics.queries import traits
from analytics.store.known import Known

NOBODY = Known()


def of(project_id: int, version: int, named: Named) -> Known:
    """What a spec names, of the project's version; raises Invalid for a cohort that the project does not have.

    The caller makes sure that the version is still the same afterwards.
    """
    if named is NOTHING:
        return NOBODY
    for path in named.cohorts.values():
        message = "There is no such cohort."
        raise Invalid(message, fields=[FieldError(path, message)])
    return Known(
        people=traits.table(PersonTraits, project_id, version, named.person_traits),
        groups=traits.table(GroupTraits, project_id, version, named.group_traits),
    )
