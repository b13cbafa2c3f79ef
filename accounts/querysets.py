"""Tenant-safe filters, named as verbs."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import DatabaseError, models, transaction
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.audited import Action
from accounts.permissions import Role

if TYPE_CHECKING:
    from accounts.models import (  # noqa: F401 (in a base class)
        AuditEntry,
        Coupon,
        DomainClaim,
        HashedKey,
        Invitation,
        Invoice,
        Membership,
        Organization,
        Plan,
        PlanPrice,
        PlanRequest,
        SecretKey,
        StripeEvent,
        Subscription,
        User,
    )

LOG = logging.getLogger(__name__)
# How stale "last used" may be: a write for each request would cost more than it tells.
LAST_USED_RESOLUTION = timedelta(minutes=1)


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: "User") -> Self:
        """Organizations that this person is a member of."""
        return self.filter(memberships__user=user)

    def due_for_deletion(self, now: datetime) -> Self:
        """Organizations whose days of grace are over."""
        return self.filter(deletes_at__lte=now)


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def readable_by_key(self, key: "SecretKey") -> Self:
        """All of the key's organization, or what was done in the projects that it is limited to."""
        own = self.filter(organization=key.organization_id)
        return own if key.project_ids is None else own.filter(project_id__in=key.project_ids)

    def mentioning(self, text: str) -> Self:
        """With this text in what was done, who, to what, the project, the address, or in before and after."""
        wanted = models.Q(action__in=[action for action in Action if text.lower() in action.label.lower()])
        for field in ("actor_name", "target_name", "target_id", "project_name", "address"):
            wanted |= models.Q(**{f"{field}__icontains": text})
        found = self.annotate(was=Cast("before", models.TextField()), became=Cast("after", models.TextField()))
        return found.filter(wanted | models.Q(was__icontains=text) | models.Q(became__icontains=text))


class PlanQuerySet(models.QuerySet["Plan"]):
    def default(self) -> Self:
        """The plan of organizations that have none of their own; at most one."""
        return self.filter(is_default=True)

    def public(self) -> Self:
        """Those that are offered to everybody, in their order."""
        return self.filter(is_public=True).order_by("position", "name", "pk")


class PlanPriceQuerySet(models.QuerySet["PlanPrice"]):
    def offered(self) -> Self:
        """What anybody may choose now."""
        return self.filter(is_active=True, plan__is_public=True).select_related("plan")


class CouponQuerySet(models.QuerySet["Coupon"]):
    def coded(self, text: str) -> Self:
        """The coupon of a code as somebody types it."""
        return self.filter(code__iexact=text.strip())


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def open(self) -> Self:
        """Those that have not ended; one at most of an organization."""
        return self.filter(ended_at=None).select_related("plan", "price", "organization")


class PlanRequestQuerySet(models.QuerySet["PlanRequest"]):
    def open(self) -> Self:
        """Those that nobody has decided; one at most of an organization."""
        return self.filter(decided_at=None).select_related("price__plan", "organization", "coupon")


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def waiting(self, now: datetime) -> Self:
        """Those that are to be worked on again, the oldest first."""
        return self.filter(processed_at=None, retry_at__lte=now).order_by("received_at")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def mentioning(self, text: str) -> Self:
        """With this text in the person's address or name."""
        return self.filter(models.Q(user__email__icontains=text) | models.Q(user__name__icontains=text))

    def who_own(self, organization_id: int) -> Self:
        """The memberships of owners who can log in."""
        return self.filter(organization=organization_id, role=Role.OWNER, user__is_active=True)


class DomainQuerySet(models.QuerySet["DomainClaim"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def proved(self) -> Self:
        return self.filter(proved_at__isnull=False)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def open(self) -> Self:
        """Neither accepted nor revoked; their time may be over."""
        return self.filter(accepted_at=None, revoked_at=None)


Key = TypeVar("Key", bound="HashedKey")


class KeyQuerySet(models.QuerySet[Key]):
    def active(self) -> Self:
        return self.filter(revoked_at=None)

    def touch(self, key: Key, field: str = "last_used_at") -> None:
        """Note that a key was used, at most once a minute."""
        moment, noted = timezone.now(), getattr(key, field)
        if noted is None or noted < moment - LAST_USED_RESOLUTION:
            try:
                with transaction.atomic(using=self.db):
                    self.filter(pk=key.pk).update(**{field: moment})
            except DatabaseError as error:
                # A full disk, say: who only reads need not hear of it.
                LOG.warning("That a key was used cannot be noted: %s", error)


class SecretKeyQuerySet(KeyQuerySet["SecretKey"]):
    def active(self) -> Self:
        """Neither revoked nor over."""
        return super().active().filter(models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now()))

    def opened_by(self, digest: str) -> "SecretKey | None":
        """The active key with this secret, or with one that was replaced and still works; its use is noted."""
        overlapping = models.Q(previous_hash=digest, previous_until__gt=timezone.now())
        known = self.active().select_related("organization")
        found = known.filter(models.Q(hash=digest) | overlapping).first()
        if found is not None:
            self.touch(found, "last_used_at" if found.hash == digest else "previous_used_at")
        return found


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def of(self, organization: "Organization") -> Self:
        return self.filter(organization=organization)

    def issued(self) -> Self:
        """What its buyer may see: no drafts."""
        return self.exclude(state="draft")
