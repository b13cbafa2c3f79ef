"""What the models of a form of the playground would take, before any of them is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.access import Actor
from accounts.errors import Invalid, PlumblineError
from accounts.models import Organization
from inference.inputs import AnyJob, parse_request
from inference.services.previews import Model, Preview, preview
from inference.views.play_forms import PlayForm


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


def costs_of(organization: Organization, actor: Actor, form: PlayForm) -> Costs:
    """Nothing is said of a form that is still being filled in."""
    try:
        requests = [parse_request(body) for body in form.bodies()] if form.is_valid() else []
    except Invalid:
        return Costs()
    lines = [_line(organization, actor, request) for request in requests]
    return Costs(lines, _refusal(organization, actor, requests, lines))


def _line(organization: Organization, actor: Actor, request: AnyJob) -> Line:
    try:
        found = preview(organization=organization, actor=actor, requests=[request])
    except PlumblineError as error:
        return Line(request.model or "The usual one", None, error.message)
    return Line(request.model or f"{found.models[0].provider}/{found.models[0].model}", found)


def _refusal(organization: Organization, actor: Actor, requests: Sequence[Any], lines: Sequence[Line]) -> str:
    alone = [line.found.refusal.message for line in lines if line.found and line.found.refusal]
    priced = {line.found.currency for line in lines if line.found} - {""}
    if alone or len(requests) < 2 or len(priced) != 1 or any(line.error for line in lines):
        return alone[0] if alone else ""
    together = preview(organization=organization, actor=actor, requests=requests).refusal
    return together.message if together else ""
