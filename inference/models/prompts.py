from django.db import models
from django.utils import timezone

from inference.choices import ProviderName


class PromptTemplate(models.Model):
    """A prompt of an organization under a name; its versions hold the words."""

    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="prompts")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Kept for the jobs that ran it, and offered no more.
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "slug"), name="inference_prompttemplate_slug_unique"),
        )

    def __str__(self) -> str:
        return self.name


class PromptVersion(models.Model):
    """The words of a prompt, never changed: a change is the next version. Variables stand as `{{name}}`."""

    template = models.ForeignKey(PromptTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    system = models.TextField(blank=True)
    text = models.TextField()
    # Values to try it with, by name.
    test_input = models.JSONField(default=dict, blank=True)
    provider = models.CharField(max_length=20, choices=ProviderName, blank=True)
    model = models.CharField(max_length=200, blank=True)
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    temperature = models.FloatField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("template", "-number")
        constraints = (
            models.UniqueConstraint(fields=("template", "number"), name="inference_promptversion_number_unique"),
        )

    def __str__(self) -> str:
        return f"{self.template} {self.number}"

    @property
    def asked_model(self) -> str:
        """As a job names it: `provider/model`, an alias, or nothing."""
        return f"{self.provider}/{self.model}" if self.provider else self.model
