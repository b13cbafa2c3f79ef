from analytics.models.imports import Import, ImportedTotal
from analytics.models.inbox import DropCount, InboxEntry
from analytics.models.people import PersonLink
from analytics.models.projects import Project, WriteKey
from analytics.models.segments import Manifest, Segment

__all__ = (
    "DropCount",
    "Import",
    "ImportedTotal",
    "InboxEntry",
    "Manifest",
    "PersonLink",
    "Project",
    "Segment",
    "WriteKey",
)
