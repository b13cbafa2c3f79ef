"""The top bar: which organizations and projects a person may switch to, and where the page stands."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse

from accounts.access import Actor
from accounts.models import Organization, User
from accounts.permissions import Capability
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
        "entries": _entries(organization, project, str(context.get("section") or "")),
    }


# Tab, label, address, and what it takes to see it.
_TABS = (
    ("general", "General", "project_settings", Capability.VIEW_DATA),
    ("import", "Import", "imports", Capability.IMPORT_DATA),
    ("imported", "Imported totals", "imported", Capability.VIEW_DATA),
    ("export", "Export", "export", Capability.EXPORT_DATA),
    ("privacy", "Privacy", "privacy", Capability.EXPORT_PEOPLE),
)


@register.inclusion_tag("analytics/settings_tabs.html", takes_context=True)
def project_tabs(context: Context, current: str) -> dict[str, Any]:
    """The settings of `project` that who asks may see;"""
    project, request = context["project"], context["request"]
    granted = Actor.of(request).capabilities_in(project.organization_id)
    return {
        "tabs": [
            Entry(label, reverse(name, args=[project.organization.slug, project.slug]), tab == current)
            for tab, label, name, capability in _TABS
            if capability in granted
        ]
    }


def _choices(user: Any) -> list[Organization]:
    if not isinstance(user, User):
        return []
    return list(Organization.objects.visible_to(user).prefetch_related("projects"))


def _entries(organization: Organization | None, project: Project | None, section: str) -> list[Entry]:
    if organization is None:
        return []
    root = reverse("organization", args=[organization.slug])
    links = _of_organization(root) if project is None else _of_project(root, project)
    return [Entry(label, href, name == section) for name, label, href in links]


def _of_organization(root: str) -> list[tuple[str, str, str]]:
    return [
        ("projects", "Projects", root),
        ("jobs", "Jobs", f"{root}jobs/"),
        # The tab of the settings that every member may see.
        ("keys", "Settings", f"{root}settings/members/"),
    ]


def _of_project(root: str, project: Project) -> list[tuple[str, str, str]]:
    place = f"{root}p/{project.slug}/"
    return [
        ("overview", "Overview", place),
        ("explore", "Explore", f"{place}explore/"),
        ("cohorts", "Cohorts", f"{place}cohorts/"),
        ("live", "Live", f"{place}live/"),
        ("data", "Data", f"{place}data/"),
        ("jobs", "Jobs", f"{root}jobs/"),
        ("settings", "Settings", f"{place}settings/"),
    ]
