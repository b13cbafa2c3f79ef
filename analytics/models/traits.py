from django.db import models


class Traits(models.Model):
    """What is known of somebody or something now: trait → value. `analytics/traits.py` says which value wins."""

    traits = models.JSONField(default=dict)
    # The rank of each trait's value, also of those that were unset and are not among `traits` any more.
    ranks = models.JSONField(default=dict)
    # Times of the earliest and the latest event that carried traits.
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        abstract = True


class PersonTraits(Traits):
    """The traits of a person, always a final one (`PersonLink`): those of an alias move when it is linked."""

    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="person_traits", db_index=False
    )
    person = models.TextField()

    class Meta:
        verbose_name_plural = "person traits"
        constraints = (
            models.UniqueConstraint(fields=("project", "person"), name="analytics_persontraits_unique"),
        )

    def __str__(self) -> str:
        return self.person


class GroupTraits(Traits):
    """The traits of a group (an account, a company) by the text that its events have as `group_id`."""

    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="group_traits", db_index=False
    )
    group = models.TextField()

    class Meta:
        verbose_name_plural = "group traits"
        constraints = (models.UniqueConstraint(fields=("project", "group"), name="analytics_grouptraits_unique"),)

    def __str__(self) -> str:
        return self.group
