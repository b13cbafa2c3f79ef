from django.db import models
from django.db.models import Q
from django.utils import timezone

from inference.choices import ProviderName


class Credential(models.Model):
    """An organization's own key for a provider, encrypted; they pay the provider for what is called with it."""

    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=100)
    provider = models.CharField(
        max_length=20, choices=[choice for choice in ProviderName.choices if choice[0] != ProviderName.BUILTIN]
    )
    # Empty for the provider's own address.
    base_url = models.URLField(max_length=500, blank=True)
    encrypted_key = models.TextField()
    # Its end, by which people recognise it.
    hint = models.CharField(max_length=12)
    # What is called of its provider goes by it, unless a job or an alias names another.
    is_default = models.BooleanField(default=False, db_default=False)
    created_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"),
                condition=Q(revoked_at=None),
                name="inference_credential_name_unique",
            ),
            models.UniqueConstraint(
                fields=("organization", "provider"),
                condition=Q(revoked_at=None, is_default=True),
                name="inference_credential_one_default",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Alias(models.Model):
    """A name for a model, and others for when that fails. Without an organization, of the installation."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, null=True, blank=True, related_name="model_aliases"
    )
    name = models.SlugField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name", "id")
        verbose_name_plural = "aliases"
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"), name="inference_alias_unique", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return self.name


class AliasTarget(models.Model):
    """One of the models of an alias; the first that is well is asked, the next before its first token comes."""

    alias = models.ForeignKey(Alias, on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=20, choices=ProviderName)
    model = models.CharField(max_length=200)
    # Null for the installation's own key.
    credential = models.ForeignKey(
        Credential, on_delete=models.CASCADE, null=True, blank=True, related_name="targets"
    )

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("alias", "position"), name="inference_aliastarget_position"),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"
