"""The tabs of LLM work, and what its pages say of jobs, in words."""

import json
from collections.abc import Iterator
from typing import Any

from django import template
from django.template.context import Context

from accounts.billing import micro
from accounts.permissions import Capability
from accounts.tabs import Row, tabs_of
from inference.models import Job

register = template.Library()

_TABS: tuple[Row, ...] = (
    ("playground", "Playground", "playground", Capability.RUN_JOBS),
    ("jobs", "Jobs", "jobs", Capability.VIEW_JOBS),
    ("prompts", "Prompts", "prompts", Capability.VIEW_JOBS),
    ("batches", "Batches", "batches", Capability.VIEW_JOBS),
    ("models", "Models", "models", Capability.VIEW_JOBS),
    ("costs", "Usage and cost", "llm_costs", Capability.VIEW_JOBS),
    ("webhooks", "Webhooks", "webhooks", Capability.MANAGE_WEBHOOKS),
    ("rules", "Rules", "settings_jobs", Capability.MANAGE_PROJECTS),
)


@register.inclusion_tag("inference/parts/tabs.html", takes_context=True)
def llm_tabs(context: Context, current: str) -> dict[str, Any]:
    """The pages of LLM work of `organization` that who asks may see."""
    return {"tabs": tabs_of(context, _TABS, current)}


@register.filter
def cost(job: Job) -> str:
    """What it cost, exactly: a call is often far below a hundredth of a unit."""
    return "–" if job.cost is None else amount(job.cost, job.currency)


@register.filter
def amount(value: int, currency: str) -> str:
    """Micro-units, exactly."""
    return f"{micro.in_units(value).normalize():f} {currency}".strip()


@register.filter
def percent_of(chance: float | None) -> str:
    """0.913 as 91.3; one that was not named as likely is 0."""
    return f"{(chance or 0) * 100:.1f}"


@register.filter
def as_json(value: Any) -> str:
    """Indented, as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def asked_parts(job: Job) -> list[tuple[str, str]]:
    """Each part of what was asked, with its name, as text."""
    return [part for name, value in job.input.items() for part in _part(name, value)]


def _part(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if name == "messages":
        for turn in value:
            said = turn.get("content")
            yield turn["role"].title(), said if isinstance(said, str) else as_json(said or turn.get("tool_calls"))
    elif value not in (None, "", [], {}):
        label = name.replace("_", " ").capitalize()
        yield label, value if isinstance(value, str) else as_json(value)


@register.filter
def turn_text(content: Any) -> str:
    """What was said in one turn; parts that are no text by their kind."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text") or f"({part.get('type')})") for part in content)
    return str(content or "(asks for tools)")
