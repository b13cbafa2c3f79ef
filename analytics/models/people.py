from django.db import models
from django.utils import timezone

import analytics.lookups  # noqa: F401 (ids are looked up with `__among`)


class PersonLink(models.Model):
    """`alias` is the same person as `person`: an anonymous id linked by identify, or any id joined by alias.

    `person` is always final: it is never itself the alias of another link. Links stay as first made; events sealed
    before a link are resolved when they are read.
    """

    class By(models.TextChoices):
        IDENTIFY = "identify"
        ALIAS = "alias"

    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="person_links", db_index=False
    )
    alias = models.TextField()
    person = models.TextField()
    by = models.CharField(max_length=10, choices=By)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "alias", "by"), name="analytics_personlink_unique"),
        )
        indexes = (
            # Who went by an id that has become an alias.
            models.Index(fields=("project", "person"), name="analytics_personlink_person"),
            # Links that are newer than a segment.
            models.Index(fields=("project", "created_at"), name="analytics_personlink_created"),
        )

    def __str__(self) -> str:
        return f"{self.alias} is {self.person}"
