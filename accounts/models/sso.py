from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models.organizations import Organization
from accounts.permissions import Role
from accounts.querysets import DomainQuerySet

# Whoever comes by single sign-on for the first time gets one of these; owners are made by owners.
SSO_ROLES = [(value, label) for value, label in Role.choices if value != Role.OWNER]


class SingleSignOn(models.Model):
    """The OpenID provider of an organization; two organizations may well name the same one."""

    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="sso")
    # In the address to which the provider sends people back, and of what allauth keeps of accounts.
    provider_id = models.SlugField(max_length=40, unique=True, editable=False)
    discovery_url = models.URLField(max_length=500)
    # As the provider named itself when it was saved; a login from any other is refused.
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=255)
    encrypted_secret = models.TextField(editable=False)
    default_role = models.CharField(max_length=20, choices=SSO_ROLES, default=Role.VIEWER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When somebody last came through it for a test, and with which address.
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    tested_as = models.EmailField(blank=True, editable=False)
    # Since when addresses of the organization's domains have no other way in.
    enforced_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "single sign-on"
        verbose_name_plural = "single sign-ons"
        ordering = ("organization",)
        constraints = (
            models.CheckConstraint(
                condition=Q(default_role__in=[value for value, _ in SSO_ROLES]),
                name="accounts_singlesignon_role_known",
            ),
            models.CheckConstraint(
                condition=Q(enforced_at=None) | Q(tested_at__isnull=False),
                name="accounts_singlesignon_enforced_if_tested",
            ),
        )

    def __str__(self) -> str:
        return f"{self.issuer} of {self.organization}"


class DomainClaim(models.Model):
    """An organization says that a domain of e-mail addresses is its own; from when it is proved on, it is.

    Any number of organizations may claim a domain, else one could keep it from whoever has it; one has proved it.
    """

    class How(models.TextChoices):
        DNS = "dns", "by DNS"
        FILE = "file", "by a file"
        STAFF = "staff", "by staff"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="domain_claims")
    # As `accounts.domains.normal` writes it.
    domain = models.CharField(max_length=253)
    # What has to stand in the DNS or the file: no secret, for it is public there.
    challenge = models.CharField(max_length=64, editable=False)
    claimed_by = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    proved_at = models.DateTimeField(null=True, blank=True, editable=False)
    proved_how = models.CharField(max_length=10, choices=How, blank=True, editable=False)

    objects = DomainQuerySet.as_manager()

    class Meta:
        ordering = ("domain", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "domain"), name="accounts_domainclaim_once"),
            # Also for those who look up to whom an address belongs.
            models.UniqueConstraint(
                fields=("domain",), condition=Q(proved_at__isnull=False), name="accounts_domainclaim_one_proved"
            ),
            models.CheckConstraint(condition=Q(domain=Lower("domain")), name="accounts_domainclaim_lower"),
        )

    def __str__(self) -> str:
        return f"{self.domain} of {self.organization}"
