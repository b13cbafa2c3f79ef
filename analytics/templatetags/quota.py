"""The notices about usage and payments, for every page of an organization."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context

from accounts.models import Organization
from analytics.views.quota_notice import notices_for

register = template.Library()


@register.inclusion_tag("components/quota_notice.html", takes_context=True)
def quota_notice(context: Context) -> dict[str, Any]:
    """`organization` or `project` come from the page; without them, or without a need, there is nothing."""
    project = context.get("project")
    organization = context.get("organization") or (project.organization if project else None)
    request = context.get("request")
    if not isinstance(organization, Organization) or not isinstance(request, HttpRequest):
        return {"notices": ()}
    return {
        "notices": notices_for(request, organization),
        "organization": organization,
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }
