"""Rows of links to pages that belong together, each shown to those who may see its page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.template.context import Context
from django.urls import reverse

from accounts.access import Actor
from accounts.permissions import Capability

# Tab, label, the route's name, and what it takes to see it.
Row = tuple[str, str, str, Capability]


@dataclass(frozen=True, slots=True)
class Tab:
    """One link."""

    label: str
    href: str
    current: bool


def tabs_of(context: Context, rows: Sequence[Row], current: str) -> list[Tab]:
    """Those that who asks may see of the template's `organization`."""
    organization = context["organization"]
    granted = Actor.of(context["request"]).capabilities_in(organization.pk)
    return [
        Tab(label, reverse(name, args=[organization.slug]), tab == current)
        for tab, label, name, capability in rows
        if capability in granted
    ]
