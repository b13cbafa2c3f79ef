from analytics.models.batches import StoredBatch
from analytics.models.cohorts import Cohort, CohortPart
from analytics.models.definitions import EventDefinition, EventProperty, PropertyDefinition, PropertyReading
from analytics.models.erasures import Erasure
from analytics.models.imports import Import, ImportedTotal
from analytics.models.inbox import DropCount, InboxEntry
from analytics.models.insights import Insight, InsightChange, Visibility
from analytics.models.people import PersonLink
from analytics.models.projects import Project, ProjectMember, Site, WriteKey
from analytics.models.query_runs import QueryRun
from analytics.models.segments import Manifest, Segment
from analytics.models.shares import InsightShare
from analytics.models.traits import GroupTraits, PersonTraits
from analytics.models.usage import UsageCount

__all__ = (
    "Cohort",
    "CohortPart",
    "DropCount",
    "Erasure",
    "EventDefinition",
    "EventProperty",
    "GroupTraits",
    "Import",
    "ImportedTotal",
    "InboxEntry",
    "Insight",
    "InsightChange",
    "InsightShare",
    "Manifest",
    "PersonLink",
    "PersonTraits",
    "Project",
    "ProjectMember",
    "PropertyDefinition",
    "PropertyReading",
    "QueryRun",
    "Segment",
    "Site",
    "StoredBatch",
    "UsageCount",
    "Visibility",
    "WriteKey",
)
