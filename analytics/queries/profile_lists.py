"""What the database knows of the people and groups that a query lists: who is meant by a search, and traits."""

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from analytics.kinds.base import Spec
from analytics.kinds.profiles import MOST_IDS, GroupsResult, GroupsSpec, PeopleResult, ProfilesSpec
from analytics.models import GroupTraits, PersonLink, PersonTraits, Project
from analytics.queries import people
from analytics.queries.answers import Answer
from analytics.redaction import without
from analytics.sensitive import Hidden

# The traits of people that a search looks into.
_SEARCHED = frozenset({"email", "name"})


def sought(project: Project, spec: Spec, hidden: Hidden) -> Spec:
    """The spec with whom its search finds in the database, by what is not hidden; others as they are."""
    if not isinstance(spec, ProfilesSpec) or not spec.search:
        return spec
    # PostgreSQL has no NUL, so nobody goes by such a text.
    text = spec.search.replace("\0", "")
    found = _groups if isinstance(spec, GroupsSpec) else _people
    return spec.having_found(found(project, text, hidden)[:MOST_IDS])


def _people(project: Project, text: str, hidden: Hidden) -> list[str]:
    """Whose id it is, and who has the text in an id, in their name or in their e-mail address."""
    links = PersonLink.objects.filter(Q(alias__icontains=text) | Q(person__icontains=text), project=project)
    has_it = Q(person__icontains=text)
    for trait in sorted(_SEARCHED.difference(hidden.people)):
        has_it |= Q(**{f"traits__{trait}__icontains": text})
    traits = PersonTraits.objects.filter(has_it, project=project)
    whose = people.person_of(project.pk, text)
    return list(dict.fromkeys([whose, *_some(traits, "person"), *_some(links, "person")]))


def _groups(project: Project, text: str, hidden: Hidden) -> list[str]:
    """Groups with the text in their name; the ones with it in their id are found among the events."""
    if "name" in hidden.groups:
        return []
    found = GroupTraits.objects.filter(project=project, traits__name__icontains=text)
    return _some(found, "group")


def _some(found: QuerySet[Any, Any], field: str) -> list[str]:
    return list(found.order_by(field).values_list(field, flat=True).distinct()[:MOST_IDS])


def described(project: Project, answer: Answer, hidden: Hidden) -> Answer:
    """The answer with the traits that its people or groups have now, but for what is hidden."""
    result = answer.result
    if isinstance(result, PeopleResult):
        own = PersonTraits.objects.filter(project=project, person__among=[row.person for row in result.people])
        known = _by(own, "person", hidden.people)
        rows = tuple(replace(row, traits=known.get(row.person, {})) for row in result.people)
        return replace(answer, result=replace(result, people=rows))
    if isinstance(result, GroupsResult):
        named = GroupTraits.objects.filter(project=project, group__among=[row.group for row in result.groups])
        known = _by(named, "group", hidden.groups)
        groups = tuple(replace(row, traits=known.get(row.group, {})) for row in result.groups)
        return replace(answer, result=replace(result, groups=groups))
    return answer


def _by(found: QuerySet[Any, Any], field: str, hidden: frozenset[str]) -> dict[str, dict[str, Any]]:
    return {key: without(traits, hidden) for key, traits in found.values_list(field, "traits")}
