"""The shapes of webhooks in the API."""

from typing import TYPE_CHECKING

from rest_framework import serializers

from inference.choices import WebhookEvent
from inference.models import WebhookDelivery, WebhookEndpoint
from inference.services.endpoints import LONGEST_OVERLAP

if TYPE_CHECKING:
    Input = serializers.Serializer[None]
else:
    Input = serializers.Serializer

_HOURS = int(LONGEST_OVERLAP.total_seconds() // 3600)


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An address and what it is told of; its secret is in no answer but the first."""

    events = serializers.ListField(
        child=serializers.ChoiceField(WebhookEvent.choices),
        help_text="Empty for all, those that come later as well.",
    )

    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = (
            "id", "url", "description", "events", "with_answer", "created_at", "disabled_at", "disabled_why",
            "failing_since", "previous_until",
        )  # fmt: skip
        read_only_fields = fields


class CreatedWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Shown this once: signs what is sent, by Standard Webhooks.")

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """A message, and how its last attempt went; its id is the `webhook-id`."""

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "event", "job", "status", "attempts", "next_attempt_at", "response_status", "error",
            "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class WebhookInput(Input):
    url = serializers.CharField(max_length=500)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    events = serializers.ListField(
        child=serializers.ChoiceField(WebhookEvent.choices), required=False, help_text="Empty for all."
    )
    with_answer = serializers.BooleanField(
        required=False, help_text="Whether what a job answered goes with the news of its end; true unless you say."
    )


class WebhookChange(WebhookInput):
    enabled = serializers.BooleanField(required=False, help_text="Off: nothing is sent, what waits is given up.")


class RotateWebhookInput(Input):
    overlap_hours = serializers.IntegerField(
        default=24,
        min_value=0,
        max_value=_HOURS,
        help_text="So long what is sent is signed with the old secret as well; 0 ends it at once.",
    )
