"""Tenant-safe filters, named as verbs."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import DatabaseError, models, transaction
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import HashedKey, Membership, Organization, Plan, User  # noqa: F401 (in a base class)

LOG = logging.getLogger(__name__)
# How stale "last used" may be: a write for each request would cost more than it tells.
LAST_USED_RESOLUTION = timedelta(minutes=1)


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: "User") -> Self:
        """Organizations that this person is a member of."""
        return self.filter(memberships__user=user)


class PlanQuerySet(models.QuerySet["Plan"]):
    def default(self) -> Self:
        """The plan of organizations that have none of their own; at most one."""
        return self.filter(is_default=True)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)


Key = TypeVar("Key", bound="HashedKey")


class KeyQuerySet(models.QuerySet[Key]):
    def active(self) -> Self:
        return self.filter(revoked_at=None)

    def touch(self, key: Key) -> None:
        """Note that a key was used, at most once a minute."""
        moment = timezone.now()
        if key.last_used_at is None or key.last_used_at < moment - LAST_USED_RESOLUTION:
            try:
                with transaction.atomic(using=self.db):
                    self.filter(pk=key.pk).update(last_used_at=moment)
            except DatabaseError as error:
                # A full disk, say: who only reads need not hear of it.
                LOG.warning("That a key was used cannot be noted: %s", error)
