from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts import keys
from accounts.permissions import SCOPE_CAPABILITIES, Capability, Scope
from accounts.querysets import KeyQuerySet


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

    class Meta(HashedKey.Meta):
        constraints = (
            models.CheckConstraint(condition=models.Q(scopes__len__gt=0), name="accounts_secretkey_has_a_scope"),
        )

    @property
    def capabilities(self) -> frozenset[Capability]:
        granted: frozenset[Capability] = frozenset()
        for scope in self.scopes:
            granted |= SCOPE_CAPABILITIES[scope]
        return granted
