from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts import keys
from accounts.permissions import SCOPE_CAPABILITIES, Capability, Scope
from accounts.querysets import KeyQuerySet, SecretKeyQuerySet


class HashedKey(models.Model):
    """A key of which only the hash is kept; the text is shown once, when it is made."""

    name = models.CharField(max_length=200)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def from_text(cls, text: str, **fields: object) -> Self:
        """An unsaved key for this text."""
        return cls(hash=keys.digest(text), hint=keys.hint(text), **fields)

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None


class SecretKey(HashedKey):
    """A server's key to an organization, limited to its scopes, sent as `Authorization: Bearer`."""

    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="secret_keys")
    created_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    expires_at = models.DateTimeField(null=True, blank=True)
    # Requests that are answered in any 60 seconds; empty for no limit.
    requests_a_minute = models.PositiveIntegerField(null=True, blank=True)
    # The projects of the organization that it is limited to; empty for all, those that come later as well.
    project_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    # The secret before the last rotation, which works beside the new one until then.
    previous_hash = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    # The version before this column writes rows without it.
    previous_hint = models.CharField(max_length=12, blank=True, default="", db_default="", editable=False)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    previous_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SecretKeyQuerySet.as_manager()  # type: ignore[misc]  # a narrower one than of every key

    class Meta(HashedKey.Meta):
        constraints = (
            models.CheckConstraint(
                condition=models.Q(requests_a_minute=None) | models.Q(requests_a_minute__gte=1),
                name="accounts_secretkey_requests_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(previous_hash=None, previous_until=None)
                | models.Q(previous_hash__isnull=False, previous_until__isnull=False),
                name="accounts_secretkey_previous_ends",
            ),
            models.CheckConstraint(condition=models.Q(scopes__len__gt=0), name="accounts_secretkey_has_a_scope"),
            models.CheckConstraint(
                condition=models.Q(project_ids=None) | models.Q(project_ids__len__gt=0),
                name="accounts_secretkey_has_a_project",
            ),
        )

    @property
    def is_active(self) -> bool:
        """Neither revoked nor over."""
        return super().is_active and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def is_overlapping(self) -> bool:
        """Whether the secret before the last rotation still works."""
        return self.previous_until is not None and self.previous_until > timezone.now()

    @property
    def capabilities(self) -> frozenset[Capability]:
        granted: frozenset[Capability] = frozenset()
        for scope in self.scopes:
            granted |= SCOPE_CAPABILITIES[scope]
        return granted
