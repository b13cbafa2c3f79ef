"""The tabs of an organization's settings."""

from typing import Any

from django import template
from django.template.context import Context

from accounts.permissions import Capability
from accounts.tabs import Row, tabs_of

register = template.Library()

_TABS: tuple[Row, ...] = (
    ("general", "General", "settings_organization", Capability.VIEW_MEMBERS),
    ("keys", "API keys", "settings_keys", Capability.MANAGE_KEYS),
    ("members", "Members", "settings_members", Capability.VIEW_MEMBERS),
    ("sso", "Single sign-on", "settings_sso", Capability.MANAGE_SSO),
    ("jobs", "LLM jobs", "settings_jobs", Capability.MANAGE_PROJECTS),
    ("plan", "Plan", "settings_plan", Capability.VIEW_BILLING),
    ("usage", "Usage", "settings_usage", Capability.VIEW_USAGE),
    ("invoices", "Invoices", "settings_invoices", Capability.VIEW_BILLING),
    ("audit", "Audit log", "settings_audit", Capability.VIEW_AUDIT),
)


@register.inclusion_tag("accounts/settings_tabs.html", takes_context=True)
def organization_tabs(context: Context, current: str) -> dict[str, Any]:
    """The settings of `organization` that who asks may see."""
    return {"tabs": tabs_of(context, _TABS, current)}
