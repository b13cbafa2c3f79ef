"""The staff admin."""

from analytics.admin.definitions import EventDefinitionAdmin, PropertyDefinitionAdmin
from analytics.admin.insights import CohortAdmin, InsightAdmin, QueryRunAdmin
from analytics.admin.store import (
    DropCountAdmin,
    ManifestAdmin,
    ProjectAdmin,
    SegmentAdmin,
    UsageCountAdmin,
    WriteKeyAdmin,
)
from analytics.admin.traits import GroupTraitsAdmin, PersonTraitsAdmin

__all__ = (
    "CohortAdmin",
    "DropCountAdmin",
    "EventDefinitionAdmin",
    "GroupTraitsAdmin",
    "InsightAdmin",
    "ManifestAdmin",
    "PersonTraitsAdmin",
    "ProjectAdmin",
    "PropertyDefinitionAdmin",
    "QueryRunAdmin",
    "SegmentAdmin",
    "UsageCountAdmin",
    "WriteKeyAdmin",
)
