"""The jobs of an organization as its people list them."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Left

from accounts.models import Organization
from inference.choices import Status, Task
from inference.models import Job

_EXCERPT = 120  # characters


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person looks for; empty is everything."""

    status: str = ""
    task: str = ""
    search: str = ""

    def __bool__(self) -> bool:
        return bool(self.status or self.task or self.search)


def jobs_of(organization: Organization, selection: Selection) -> "QuerySet[Job]":
    """Newest first, the beginning of what was asked as `excerpt`; a word that is no status or task is ignored."""
    asked = Coalesce(KeyTextTransform("text", "input"), KeyTextTransform("prompt", "input"))
    found = (
        Job.objects.of(organization)
        .select_related("created_by", "created_with")
        .annotate(excerpt=Left(asked, _EXCERPT))
        .defer("input", "output")
    )
    if selection.status in Status:
        found = found.filter(status=selection.status)
    if selection.task in Task:
        found = found.filter(task=selection.task)
    return found.mentioning(selection.search) if selection.search else found
