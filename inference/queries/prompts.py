"""The prompts of an organization, and what two versions of one have different."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet

from inference.models import PromptTemplate, PromptVersion


def prompts_of(organization_id: int, *, search: str = "", archived: bool = False) -> "QuerySet[PromptTemplate]":
    """By name; each has the number of its newest version as `newest`, and when that was made as `changed_at`."""
    found = PromptTemplate.objects.filter(organization=organization_id, archived_at__isnull=not archived)
    if search:
        found = found.filter(name__icontains=search)
    newest = found.annotate(newest=Max("versions__number"), changed_at=Max("versions__created_at"))
    return newest.order_by("name", "id")


def newest_of(organization_id: int) -> list[PromptVersion]:
    """The newest version of each prompt that can be run, by the prompts' names."""
    versions = PromptVersion.objects.filter(template__organization=organization_id, template__archived_at=None)
    newest = versions.order_by("template_id", "-number").distinct("template_id").select_related("template")
    return sorted(newest, key=lambda version: (version.template.name, version.template_id))


def versions_of(prompt: PromptTemplate) -> "QuerySet[PromptVersion]":
    """Newest first, each with the number of jobs that ran it as `runs`."""
    return prompt.versions.select_related("created_by").annotate(runs=Count("jobs")).order_by("-number")


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of one text beside its line in another; None where there is none."""

    left: str | None
    right: str | None
    same: bool


def compared(left: str, right: str) -> list[Pair]:
    """Two texts line by line."""
    before, after = left.splitlines(), right.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [
        pair
        for tag, a, b, c, d in matcher.get_opcodes()
        for pair in _pairs(before[a:b], after[c:d], same=tag == "equal")
    ]


def _pairs(left: list[str], right: list[str], *, same: bool) -> Iterator[Pair]:
    for place in range(max(len(left), len(right))):
        yield Pair(left[place] if place < len(left) else None, right[place] if place < len(right) else None, same)
