"""Who became one person since a moment."""

from datetime import datetime

from analytics.models import PersonLink


def links_since(project_id: int, moment: datetime) -> dict[str, str]:
    """Links (id → person) made after a moment; segments written up to then do not know of them."""
    found = PersonLink.objects.filter(project_id=project_id, created_at__gt=moment)
    return dict(found.values_list("alias", "person"))
