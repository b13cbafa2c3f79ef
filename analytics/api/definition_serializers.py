"""What the API shows of definitions, people and groups, and what it takes to describe."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from analytics.models import EventDefinition, PropertyDefinition, PropertyReading
from analytics.models.definitions import LONGEST_DESCRIPTION


class EventDefinitionSerializer(serializers.ModelSerializer[EventDefinition]):
    class Meta:
        model = EventDefinition
        fields = ("id", "name", "kind", "description", "hidden", "volume", "first_seen", "last_seen")
        read_only_fields = fields


class PropertyReadingSerializer(serializers.ModelSerializer[PropertyReading]):
    class Meta:
        model = PropertyReading
        fields = ("type", "volume", "first_seen", "last_seen")
        read_only_fields = fields


class PropertyDefinitionSerializer(serializers.ModelSerializer[PropertyDefinition]):
    sensitive = serializers.BooleanField(
        source="is_sensitive",
        read_only=True,
        help_text="Its values are for those alone who may see what is sensitive.",
    )
    types = PropertyReadingSerializer(many=True, read_only=True, help_text="The most frequent first.")
    volume = serializers.IntegerField(read_only=True)
    first_seen = serializers.DateTimeField(read_only=True)
    last_seen = serializers.DateTimeField(read_only=True)

    class Meta:
        model = PropertyDefinition
        fields = (
            "id", "name", "subject", "description", "hidden", "sensitive", "types", "volume", "first_seen",
            "last_seen",
        )  # fmt: skip
        read_only_fields = fields


class DescriptionSerializer(serializers.Serializer[object]):
    """What people say of a definition; what is not sent stays as it is."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_DESCRIPTION)
    hidden = serializers.BooleanField(required=False)

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError({name: ["Cannot be changed here."] for name in unknown})
        return super().to_internal_value(data)


class PropertyDescriptionSerializer(DescriptionSerializer):
    sensitive = serializers.BooleanField(required=False, help_text="Takes a person who may mark properties.")


class PersonIdSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    by = serializers.CharField(help_text="identify or alias; empty for the id that the person goes by.")
    since = serializers.DateTimeField(allow_null=True, help_text="When it was linked.")


class PersonSerializer(serializers.Serializer[object]):
    person = serializers.CharField(help_text="The id that the person goes by.")
    ids = PersonIdSerializer(many=True, help_text="Every id of the person, at most 1,000 of them.")
    traits = serializers.DictField()
    first_described_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the earliest event that set traits."
    )
    last_described_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the latest event that set traits."
    )
    first_seen_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the earliest event of the last twelve months."
    )
    last_seen_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the latest event of the last twelve months."
    )


class GroupSerializer(serializers.Serializer[object]):
    group = serializers.CharField()
    traits = serializers.DictField()
    first_described_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the earliest event that set traits."
    )
    last_described_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the latest event that set traits."
    )
    first_seen_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the earliest event of the last twelve months."
    )
    last_seen_at = serializers.DateTimeField(
        allow_null=True, help_text="Time of the latest event of the last twelve months."
    )


class TimelineQuerySerializer(serializers.Serializer[object]):
    """Which part of a timeline."""

    after = serializers.CharField(required=False, help_text="The `next` of the page before.")
    limit = serializers.IntegerField(required=False, help_text="Events of a page: 50, at most 200.")
    search = serializers.CharField(required=False, help_text="Words in the name, the path or the properties.")
    order = serializers.ChoiceField(choices=("newest", "oldest"), required=False)


class TimelineEventSerializer(serializers.Serializer[object]):
    time = serializers.DateTimeField()
    message_id = serializers.CharField()
    columns = serializers.DictField(help_text="What the event has, properties as an object.")


class TimelineSerializer(serializers.Serializer[object]):
    events = TimelineEventSerializer(many=True)
    next = serializers.CharField(help_text="The cursor of the next page; empty on the last.")
