"""The jobs of an organization as its people list them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Self

from django.db.models import F, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Left
from django.utils import timezone

from inference.choices import Status, Task
from inference.querysets import JobQuerySet

_EXCERPT = 120  # characters

# How long ago a job was created at most, by its word in the address.
PERIODS = {"day": ("Last 24 hours", 1), "week": ("Last 7 days", 7), "month": ("Last 30 days", 30)}
_TOKENS = F("tokens_input") + F("tokens_output")
SORTS = {
    "": ("Newest first", (F("created_at").desc(),)),
    "oldest": ("Oldest first", (F("created_at").asc(),)),
    "cost": ("Dearest first", (F("cost").desc(nulls_last=True),)),
    "tokens": ("Most tokens first", (_TOKENS.desc(nulls_last=True),)),
    "time": ("Slowest first", ((F("finished_at") - F("created_at")).desc(nulls_last=True),)),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person looks for; empty is everything. Projects and prompts by their slugs, a key by its id."""

    status: str = ""
    task: str = ""
    model: str = ""
    project: str = ""
    key: str = ""
    prompt: str = ""
    period: str = ""
    q: str = ""
    sort: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """From the parameters of an address."""
        return cls(**{name: given.get(name, "").strip().replace("\0", "") for name in cls.__slots__})

    @property
    def params(self) -> dict[str, str]:
        """Those that say something."""
        return {name: value for name, value in asdict(self).items() if value}

    def __bool__(self) -> bool:
        return bool(set(self.params) - {"sort"})


def selected(jobs: JobQuerySet, selection: Selection) -> JobQuerySet:
    """Of these jobs, the beginning of what was asked as `excerpt`; a word that is no status, task, period or order
    is ignored.
    """
    found = (
        jobs.select_related("created_by", "created_with", "project", "prompt_version__template")
        .annotate(excerpt=Left(_asked(), _EXCERPT))
        .defer("input", "output", "result")
        .filter(_chosen(selection))
    )
    if selection.period in PERIODS:
        days = timedelta(days=PERIODS[selection.period][1])
        found = found.filter(created_at__gte=timezone.now() - days)
    if selection.q:
        found = found.mentioning(selection.q)
    return found.order_by(*SORTS.get(selection.sort, SORTS[""])[1], "-id")


def _chosen(selection: Selection) -> Q:
    wanted = Q()
    if selection.status in Status:
        wanted &= Q(status=selection.status)
    if selection.task in Task:
        wanted &= Q(task=selection.task)
    if selection.model:
        wanted &= Q(model=selection.model.partition("/")[2] or selection.model) | Q(asked_model=selection.model)
    if selection.project:
        wanted &= Q(project__slug=selection.project)
    if selection.prompt:
        wanted &= Q(prompt_version__template__slug=selection.prompt)
    if selection.key:
        known = int(selection.key) if selection.key.isdecimal() and len(selection.key) < 19 else None
        wanted &= Q(created_with=known) if known is not None else Q(pk=None)
    return wanted


def _asked() -> Coalesce:
    """The text, the prompt, the first of several texts, or the last turn."""
    return Coalesce(
        KeyTextTransform("text", "input"),
        KeyTextTransform("prompt", "input"),
        KeyTextTransform("0", KeyTransform("texts", "input")),
        KeyTextTransform("content", KeyTransform("-1", KeyTransform("messages", "input"))),
    )
