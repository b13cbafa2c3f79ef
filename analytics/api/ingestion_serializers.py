"""The shapes of `POST /api/v1/events/` for the API's documentation; events are judged one by one elsewhere."""

from rest_framework import serializers

from analytics.contracts import Kind
from analytics.ingestion.protocols.native import STATUSES


class EventInput(serializers.Serializer[object]):
    type = serializers.ChoiceField(choices=[kind.value for kind in Kind], default=Kind.TRACK.value)
    event = serializers.CharField(required=False, help_text="The name of the event, for track.")
    user_id = serializers.CharField(required=False, help_text="This or anonymous_id is required.")
    anonymous_id = serializers.CharField(required=False)
    timestamp = serializers.DateTimeField(required=False, help_text="When it happened; now if not given.")
    message_id = serializers.CharField(required=False, help_text="Makes sending again harmless.")
    properties = serializers.DictField(required=False)
    traits = serializers.DictField(required=False, help_text="For identify and group.")
    group_id = serializers.CharField(required=False)
    previous_id = serializers.CharField(required=False, help_text="For alias.")
    url = serializers.CharField(required=False)
    referrer = serializers.CharField(required=False)
    title = serializers.CharField(required=False)
    path = serializers.CharField(required=False)
    user_agent = serializers.CharField(required=False)
    time_zone = serializers.CharField(required=False)
    locale = serializers.CharField(required=False)


# REST framework's own fields have an attribute `context`, so a field of this name cannot stand in the class body.
EventInput._declared_fields["context"] = serializers.DictField(required=False, help_text="As in Segment's calls.")


class EventsInput(serializers.Serializer[object]):
    events = EventInput(many=True)
    project_id = serializers.IntegerField(required=False, help_text="Required with a secret key.")
    write_key = serializers.CharField(required=False, help_text="Where no header can be set.")


class EventResult(serializers.Serializer[object]):
    index = serializers.IntegerField()
    status = serializers.ChoiceField(choices=STATUSES)
    message_id = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)
    field = serializers.CharField(required=False)


class EventsAnswer(serializers.Serializer[object]):
    results = EventResult(many=True)
    stored = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    rejected = serializers.IntegerField()
