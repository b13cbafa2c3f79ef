from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models.organizations import Organization
from accounts.permissions import Role
from accounts.querysets import InvitationQuerySet


class Invitation(models.Model):
    """An e-mail that asks somebody to become a member; of its secret link only the hash is kept.

    It is open until it is accepted or revoked. One that is open and over its time is sent again to be good again.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    # In lower case.
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    # Limited projects of the organization that who accepts is chosen for; empty for none.
    project_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="accounts_invitation_one_open",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_invitation_email_lower"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="accounts_invitation_role_known"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="accounts_invitation_one_end"
            ),
        )
        # For those who count what an organization has sent within a day.
        indexes = (models.Index(fields=("organization", "created_at"), name="accounts_invitation_created"),)

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.revoked_at is None

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over; sending it again gives it a new one."""
        return now >= self.expires_at
