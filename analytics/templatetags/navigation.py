"""The top bar: which organizations and projects a person may switch to, and where the page stands."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import Prefetch
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
    section = str(context.get("section") or "")
    return {
        "user": user,
        "csrf_token": context.get("csrf_token"),
        "organization": organization,
        "project": project,
        "organizations": _choices(user),
        "entries": _entries(context, organization, project, section),
    }


# Tab, label, address, and what it takes to see it.
_TABS = (
    ("general", "General", "project_settings", Capability.VIEW_DATA),
    ("access", "Access", "project_access", Capability.MANAGE_PROJECTS),
    ("jobs", "LLM jobs", "project_jobs", Capability.MANAGE_PROJECTS),
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


# The sections that stand under one entry; each page has tabs to the others.
_LLM = frozenset({"playground", "jobs", "prompts", "batches", "models", "webhooks", "costs"})


def _choices(user: Any) -> list[Organization]:
    if not isinstance(user, User):
        return []
    visible = Prefetch("projects", Project.objects.visible_to(user))
    return list(Organization.objects.visible_to(user).prefetch_related(visible))


def _entries(
    context: Context, organization: Organization | None, project: Project | None, section: str
) -> list[Entry]:
    if organization is None:
        return []
    root = reverse("organization", args=[organization.slug])
    links = _of_organization(root, context, organization) if project is None else _of_project(root, project)
    return [Entry(label, href, section in (_LLM if name == "llm" else {name})) for name, label, href in links]


def _of_organization(root: str, context: Context, organization: Organization) -> list[tuple[str, str, str]]:
    granted = Actor.of(context["request"]).capabilities_in(organization.pk)
    if Capability.VIEW_DATA not in granted:
        return [("keys", "Settings", f"{root}settings/usage/")]
    return [
        ("projects", "Projects", root),
        ("llm", "LLM", f"{root}jobs/"),
        # The tab of the settings that everybody who sees data may see.
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
        ("llm", "LLM", f"{root}jobs/"),
        ("settings", "Settings", f"{place}settings/"),
    ]
