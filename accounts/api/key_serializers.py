"""The shapes of secret keys in the API."""

from typing import TYPE_CHECKING

from rest_framework import serializers

from accounts.models import Organization, SecretKey
from accounts.permissions import Scope
from accounts.services.secret_keys import LONGEST_OVERLAP, MOST_REQUESTS_A_MINUTE

if TYPE_CHECKING:
    Input = serializers.Serializer[None]
else:
    Input = serializers.Serializer

_HOURS = int(LONGEST_OVERLAP.total_seconds() // 3600)


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    class Meta:
        model = Organization
        fields = ("name", "slug")


class SecretKeySerializer(serializers.ModelSerializer[SecretKey]):
    """A key as it sees itself."""

    organization = OrganizationSerializer()
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))

    class Meta:
        model = SecretKey
        fields = (
            "name", "hint", "scopes", "organization", "created_at", "last_used_at", "expires_at",
            "requests_a_minute", "project_ids",
        )  # fmt: skip


class SecretKeyRowSerializer(serializers.ModelSerializer[SecretKey]):
    """A key as those who manage it see it; `previous_…` is the secret before the last rotation."""

    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    active = serializers.BooleanField(source="is_active")

    class Meta:
        model = SecretKey
        fields: tuple[str, ...] = (
            "id", "name", "hint", "scopes", "active", "created_at", "last_used_at", "expires_at", "revoked_at",
            "requests_a_minute", "project_ids", "previous_hint", "previous_until", "previous_used_at",
        )  # fmt: skip
        read_only_fields = fields


class CreatedKeySerializer(SecretKeyRowSerializer):
    secret = serializers.CharField(help_text="Shown this once; only its hash is kept.")

    class Meta(SecretKeyRowSerializer.Meta):
        fields = (*SecretKeyRowSerializer.Meta.fields, "secret")
        read_only_fields = fields


class KeyInput(Input):
    name = serializers.CharField(max_length=200)
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), min_length=1)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    requests_a_minute = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_REQUESTS_A_MINUTE
    )
    project_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        allow_null=True,
        help_text="The projects that it is limited to; null is all, those that come later as well.",
    )


class RotateInput(Input):
    overlap_hours = serializers.IntegerField(
        default=0,
        min_value=0,
        max_value=_HOURS,
        help_text="So long the old secret still works; 0 ends it at once.",
    )
