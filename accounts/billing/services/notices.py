"""Tell an organization's people of a threshold that their usage has reached: once a month each.

Whoever measures says which thresholds are reached, and writes the letter; here it is told, whatever is run twice.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from smtplib import SMTPException

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from accounts.letters import Letter
from accounts.models import Membership, Organization, UsageNotice
from accounts.permissions import Role
from accounts.services import mail

LOG = logging.getLogger(__name__)
WHO_CAN_ACT = (Role.OWNER, Role.ADMIN)
WHO_PAYS = (Role.OWNER, Role.BILLING)


@dataclass(frozen=True, slots=True)
class Reached:
    """The thresholds of a quota or cap that are reached in a month, in percent; `letter` speaks of the highest."""

    organization_id: int
    month: date
    subject: str
    percents: Collection[int]
    roles: Collection[str]
    letter: Callable[[Organization], Letter]


def tell(found: Reached) -> bool:
    """Write one mail if the highest threshold that is reached is new this month; whether it did.

    A mail that cannot be sent is tried again by the next run; it stops no other, nor does a fault of the database.
    """
    try:
        return _told(found)
    except (SMTPException, OSError, DatabaseError):
        extra = {"organization_id": found.organization_id}
        LOG.exception("A notice of %s was not sent.", found.subject, extra=extra)
        return False


@transaction.atomic
def _told(found: Reached) -> bool:
    """The row is the claim: another run waits for this one's end, and finds it. Where the mail fails, it goes."""
    new = [percent for percent in sorted(found.percents) if _claim(found, percent)]
    if not new or new[-1] != max(found.percents):
        return False
    addresses = _addresses(found)
    _rows(found, new[-1]).update(recipients=len(addresses))
    if addresses:
        mail.send(letter=found.letter(Organization.objects.get(pk=found.organization_id)), to=addresses)
    return bool(addresses)


def _claim(found: Reached, percent: int) -> bool:
    _, created = UsageNotice.objects.get_or_create(
        organization_id=found.organization_id, month=found.month, subject=found.subject, percent=percent
    )
    return created


def _rows(found: Reached, percent: int) -> QuerySet[UsageNotice]:
    return UsageNotice.objects.filter(
        organization=found.organization_id, month=found.month, subject=found.subject, percent=percent
    )


def _addresses(found: Reached) -> list[str]:
    members = Membership.objects.filter(
        organization=found.organization_id, role__in=found.roles, user__is_active=True
    ).order_by("user__email")
    return list(members.values_list("user__email", flat=True))
