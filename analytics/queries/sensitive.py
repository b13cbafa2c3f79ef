"""Which properties are sensitive, and from whom they are hidden: the one place that decides.

Whoever asks for data says for whom (`actor`). Where nobody is named, it is for somebody who may see nothing
sensitive, so that a way that forgets to say it shows too little and never too much.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from accounts.access import Actor
from accounts.errors import FieldError, Forbidden
from accounts.permissions import Capability
from analytics.models import Project, PropertyDefinition
from analytics.sensitive import NOTHING, Hidden, naming

Subject = PropertyDefinition.Subject


def marked(project: Project) -> Hidden:
    """What is sensitive in a project now."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    rows = PropertyDefinition.objects.filter(project=project, is_sensitive=True)
    for subject, name in rows.values_list("subject", "name"):
        found[subject].add(name)
    if not found:
        return NOTHING
    return Hidden(*(frozenset(found[subject]) for subject in (Subject.EVENT, Subject.PERSON, Subject.GROUP)))


def hidden_from(actor: Actor | None, project: Project) -> Hidden:
    """What this asker may not see there."""
    found = marked(project)
    if found and actor is not None and may_see(actor, project):
        return NOTHING
    return found


def may_see(actor: Actor, project: Project) -> bool:
    return Capability.VIEW_SENSITIVE in actor.capabilities_in(project.organization_id)


def withheld(conditions: Sequence[Any] | None, hidden: Hidden) -> tuple[str, ...]:
    """The hidden fields that a cohort's conditions name: whoever may not see them does not see the conditions."""
    return tuple(sorted({*naming(conditions, hidden).values()}))


def require(spec: BaseModel | Mapping[str, Any] | Sequence[Any], hidden: Hidden, *, within: str = "") -> None:
    """Raises Forbidden, naming each field of the spec that asks about what is hidden, behind `within`."""
    if not (found := naming(spec, hidden)):
        return
    fields = [FieldError(f"{within}{path}", f"{field} is sensitive.") for path, field in found.items()]
    raise Forbidden(f"This needs the permission '{Capability.VIEW_SENSITIVE.label}'.", fields=fields)
