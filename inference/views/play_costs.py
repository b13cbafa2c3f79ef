"""What the jobs of a form would take, before any of them is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.access import Actor
from accounts.errors import Invalid, PlumblineError
from accounts.models import Organization
from inference.inputs import AnyJob, PromptedJob, parse_any
from inference.services.previews import Model, Preview, preview


@dataclass(frozen=True, slots=True)
class Line:
    """One that was chosen, under the name by which it was; `error` says why it cannot be asked at all."""

    name: str
    found: Preview | None
    error: str = ""

    @property
    def model(self) -> Model | None:
        """Whom a job of it asks first."""
        return self.found.models[0] if self.found else None


@dataclass(frozen=True, slots=True)
class Costs:
    """Each model by itself; `refusal` is why all together would not be run now. Without lines, not yet known."""

    lines: Sequence[Line] = ()
    refusal: str = ""


def costs_of(
    organization: Organization, actor: Actor, jobs: Sequence[Mapping[str, Any]], names: Sequence[str] = ()
) -> Costs:
    """Of jobs as the API takes them, each under its name, if it has one.

    Nothing is said of what is still being filled in.
    """
    try:
        requests = [parse_any(job) for job in jobs]
    except Invalid:
        return Costs()
    named = zip(names or [""] * len(requests), requests, strict=True)
    lines = [_line(organization, actor, request, name) for name, request in named]
    return Costs(lines, _refusal(organization, actor, requests, lines))


def _line(organization: Organization, actor: Actor, request: AnyJob | PromptedJob, name: str) -> Line:
    beginning = f"{name}: " if name else ""
    try:
        found = preview(organization=organization, actor=actor, requests=[request])
    except PlumblineError as error:
        return Line(beginning + (request.model or "the usual model"), None, error.message)
    model = found.models[0]
    return Line(beginning + (request.model or f"{model.provider}/{model.model}"), found)


def _refusal(organization: Organization, actor: Actor, requests: Sequence[Any], lines: Sequence[Line]) -> str:
    alone = [line.found.refusal.message for line in lines if line.found and line.found.refusal]
    priced = {line.found.currency for line in lines if line.found} - {""}
    if alone or len(requests) < 2 or len(priced) != 1 or any(line.error for line in lines):
        return alone[0] if alone else ""
    together = preview(organization=organization, actor=actor, requests=requests).refusal
    return together.message if together else ""
