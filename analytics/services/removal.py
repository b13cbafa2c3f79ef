"""Delete organizations whose days of grace are over: rows, events and files.

The rows go first and at once, so nothing can be asked of what is half deleted. What is left on disk after a fault
is of no project, and the sweeps of the store delete it.
"""

import logging
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.access import SYSTEM
from accounts.audited import Action, Target
from accounts.billing.services import leaving
from accounts.errors import PlumblineError
from accounts.models import Organization
from accounts.services import audit, sso_bindings
from analytics.models import Import, Manifest, Project
from analytics.queries import imports
from analytics.services import engine, live
from analytics.store.base import StoreFault

LOG = logging.getLogger(__name__)


def remove_due(*, now: datetime | None = None) -> int:
    """Delete every organization that is due; how many. One's fault stops no other."""
    moment, removed = now or timezone.now(), 0
    for organization_id in list(Organization.objects.due_for_deletion(moment).values_list("pk", flat=True)):
        try:
            removed += remove(organization_id=organization_id, now=moment)
        except (PlumblineError, DatabaseError, StoreFault, OSError):
            LOG.exception("Deleting failed.", extra={"organization_id": organization_id})
    return removed


def remove(*, organization_id: int, now: datetime) -> bool:
    """Delete an organization and all that it has; False where an owner has taken it back meanwhile."""
    projects = list(Project.objects.filter(organization=organization_id).values_list("pk", flat=True))
    files = [imports.path_of(item) for item in Import.objects.filter(project__in=projects)]
    if not _delete_rows(organization_id, now):
        return False
    for path in files:
        path.unlink(missing_ok=True)
    for project_id in projects:
        live.forget(project_id=project_id)
        engine.writer().remove(project_id)
    return True


@transaction.atomic
def _delete_rows(organization_id: int, now: datetime) -> bool:
    due = Organization.objects.due_for_deletion(now).select_for_update(of=("self",))
    found = due.filter(pk=organization_id).first()
    if found is None:
        return False
    # Whoever seals or erases has ended before, and finds nothing after.
    list(Manifest.objects.select_for_update().filter(project__organization=found).order_by("project_id"))
    target = Target(found.pk, found.name)
    # allauth knows them by the provider's name alone, so they do not go with it.
    sso_bindings.forget(found)
    leaving.end_payments(organization_id=found.pk)
    found.delete()
    # In the installation's log, since the organization's own goes with it.
    audit.record(action=Action.ORGANIZATION_DELETED, actor=SYSTEM, organization_id=None, target=target)
    return True
