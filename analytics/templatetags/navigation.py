"""The top bar: which organizations and projects a person may switch to, and where the page stands."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse

from accounts.models import Organization, User
from analytics.models import Project

register = template.Library()


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the main navigation."""

    label: str
    href: str
    current: bool


@register.inclusion_tag("components/topbar.html", takes_context=True)
def topbar(context: Context) -> dict[str, Any]:
    """`organization`, `project` and `section` come from the page; all may be absent."""
    project = context.get("project")
    organization = context.get("organization") or (project.organization if project else None)
    user = context.get("user")
    return {
        "user": user,
        "csrf_token": context.get("csrf_token"),
        "organization": organization,
        "project": project,
        "organizations": _choices(user),
        "entries": _entries(organization, project, context.get("section", "")),
    }


def _choices(user: Any) -> list[Organization]:
    if not isinstance(user, User):
        return []
    return list(Organization.objects.visible_to(user).prefetch_related("projects"))


def _entries(organization: Organization | None, project: Project | None, section: str) -> list[Entry]:
    if organization is None:
        return []
    root = reverse("organization", args=[organization.slug])
    if project is None:
        links = (
            ("projects", "Projects", root),
            ("jobs", "Jobs", f"{root}jobs/"),
            ("keys", "API keys", f"{root}settings/keys/"),
        )
    else:
        place = reverse("overview", args=[organization.slug, project.slug])
        links = (
            ("overview", "Overview", place),
            ("live", "Live", f"{place}live/"),
            ("jobs", "Jobs", f"{root}jobs/"),
            ("settings", "Settings", f"{place}settings/"),
        )
    return [Entry(label, href, name == section) for name, label, href in links]
