from django.db import models
from django.utils import timezone

from accounts.permissions import ROLE_CAPABILITIES, Capability, Role
from accounts.querysets import MembershipQuerySet, OrganizationQuerySet


class Organization(models.Model):
    """A tenant: every other row belongs to one."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    # Empty is the installation's default plan (`accounts.queries.plans.plan_of`).
    plan = models.ForeignKey(
        "accounts.Plan", on_delete=models.PROTECT, null=True, blank=True, related_name="organizations"
    )
    # The plan before this one, whose longer retention holds until then: nobody loses data on the day of falling.
    retention_plan = models.ForeignKey(
        "accounts.Plan", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    retention_plan_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Set while an owner's wish to delete it waits: until then everything works, and any owner may take it back.
    deletes_at = models.DateTimeField(null=True, blank=True, editable=False)
    deletion_requested_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        # For the worker that deletes what is due; few rows have the time.
        indexes = (
            models.Index(
                fields=("deletes_at",),
                condition=models.Q(deletes_at__isnull=False),
                name="accounts_organization_deletes",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in an organization."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("organization", "user")
        constraints = (
            models.UniqueConstraint(fields=("user", "organization"), name="accounts_membership_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="accounts_membership_role_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return ROLE_CAPABILITIES[self.role]
