from django.db import models
from django.utils import timezone

from accounts.audited import Action, ActorKind
from accounts.models.organizations import Organization
from accounts.origin import LONGEST_USER_AGENT
from accounts.querysets import AuditQuerySet


class AuditEntry(models.Model):
    """One change: who, what, before and after, from where. The database refuses to change or delete it.

    Who and what are kept as they were called then, beside their ids, and are no foreign keys: an entry outlives
    them. It goes with its organization (the constraint cascades in the database) and when it is too old
    (`services.audit.expire`). Without an organization it is of the installation, for staff.
    """

    organization = models.ForeignKey(
        Organization,
        # The migration makes the constraint, with ON DELETE CASCADE, which Django cannot say yet.
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="audit_entries",
        db_index=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # One of `Action`; no choices here, so that a new action takes no migration.
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=254, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=254, blank=True)
    project_id = models.BigIntegerField(null=True)
    project_name = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "audit entries"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=ActorKind.values), name="accounts_auditentry_actor_kind_known"
            ),
        )
        indexes = (
            # An organization's log, newest first, page by page.
            models.Index(fields=("organization", "-created_at", "-id"), name="accounts_auditentry_newest"),
            # What is too old to be kept.
            models.Index(fields=("created_at",), name="accounts_auditentry_age"),
        )

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name or self.actor_kind}"

    @property
    def label(self) -> str:
        """The action in words; its name, where a later version made the entry."""
        return str(Action(self.action).label) if self.action in Action else self.action
