from datetime import datetime

from django.db import models

from analytics.contracts import Kind
from analytics.querysets import EventDefinitionQuerySet, PropertyDefinitionQuerySet

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000


class Definition(models.Model):
    """What a project's events brought, learnt when they were sealed; described and hidden by people.

    Hiding is for lists only: what is hidden goes on being stored and counted.
    """

    name = models.CharField(max_length=LONGEST_NAME)
    description = models.TextField(max_length=LONGEST_DESCRIPTION, blank=True)
    hidden = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Sighting(models.Model):
    """How often something was seen, and the times of the earliest and the latest event that had it."""

    volume = models.PositiveBigIntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        abstract = True


class EventDefinition(Definition, Sighting):
    """A kind of event that a project has: each name of its tracked events, and its pages, screens and so on."""

    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="event_definitions", db_index=False
    )
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])

    objects = EventDefinitionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("project", "name", "kind"), name="analytics_eventdefinition_unique"),
        )


class PropertyDefinition(Definition):
    """A property by its name, in all of a project's events, or in the traits of its people or groups."""

    class Subject(models.TextChoices):
        EVENT = "event", "Event"
        PERSON = "person", "Person"
        GROUP = "group", "Group"

    project = models.ForeignKey(
        "analytics.Project", on_delete=models.CASCADE, related_name="property_definitions", db_index=False
    )
    subject = models.CharField(max_length=10, choices=Subject)
    # Its values are for those alone who may see what is sensitive.
    is_sensitive = models.BooleanField(default=False, db_default=False)
    events = models.ManyToManyField(EventDefinition, through="EventProperty", related_name="properties")

    # Over all readings, where a query asked for them (`with_readings`).
    volume: int
    first_seen: datetime
    last_seen: datetime

    objects = PropertyDefinitionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name", "subject"), name="analytics_propertydefinition_unique"
            ),
        )
        indexes = (
            # Every question looks these up.
            models.Index(
                fields=("project",),
                condition=models.Q(is_sensitive=True),
                name="analytics_property_sensitive",
            ),
        )

    @property
    def types(self) -> list["PropertyReading"]:
        """What its values were, the most frequent first."""
        return sorted(self.readings.all(), key=lambda reading: (-reading.volume, reading.type))


class PropertyReading(Sighting):
    """A type that values of a property had; where it changed there are several, as the store has columns."""

    class Type(models.TextChoices):
        NUMBER = "number", "Number"
        TEXT = "text", "Text"
        BOOLEAN = "boolean", "Yes or no"
        LIST = "list", "List"
        OBJECT = "object", "Object"

    definition = models.ForeignKey(
        PropertyDefinition, on_delete=models.CASCADE, related_name="readings", db_index=False
    )
    type = models.CharField(max_length=10, choices=Type)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("definition", "type"), name="analytics_propertyreading_unique"),
        )

    def __str__(self) -> str:
        return f"{self.type}, {self.volume} times"


class EventProperty(models.Model):
    """An event has had this property at least once."""

    event = models.ForeignKey(EventDefinition, on_delete=models.CASCADE, related_name="+", db_index=False)
    definition = models.ForeignKey(PropertyDefinition, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("event", "definition"), name="analytics_eventproperty_unique"),
        )

    def __str__(self) -> str:
        return f"{self.event_id} has {self.definition_id}"
