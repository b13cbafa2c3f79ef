"""The shapes of models, aliases and own keys in the API."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inference.choices import REMOTE_CHOICES, ProviderName
from inference.models import Ability, Alias, AliasTarget, Credential
from inference.queries.health import Fared
from inference.queries.language_models import Line
from inference.services.aliases import MOST_TARGETS, Wanted

if TYPE_CHECKING:
    Input = serializers.Serializer[None]
    LineBase = serializers.Serializer[Line]
    FaredBase = serializers.Serializer[Fared]
else:
    Input = LineBase = FaredBase = serializers.Serializer


class PricesSerializer(Input):
    """Micro-units for a million tokens."""

    currency = serializers.CharField()
    input = serializers.IntegerField(source="input_price")
    cached = serializers.IntegerField(source="cached_price")
    output = serializers.IntegerField(source="output_price")
    reasoning = serializers.IntegerField(source="reasoning_price")


class FaredSerializer(FaredBase):
    """Your own calls of a span of time; seconds."""

    calls = serializers.IntegerField()
    failures = serializers.IntegerField()
    first_token_p50 = serializers.FloatField(allow_null=True)
    first_token_p95 = serializers.FloatField(allow_null=True)
    took_p50 = serializers.FloatField(allow_null=True)
    took_p95 = serializers.FloatField(allow_null=True)


class LanguageModelSerializer(LineBase):
    """A model that can be asked. `prices`, `context_tokens` and `abilities` are null or empty where unknown."""

    name = serializers.CharField(help_text="As a job can name it.")
    provider = serializers.ChoiceField(ProviderName.choices)
    model = serializers.CharField()
    available = serializers.BooleanField(help_text="There is a key for it, your own or the installation's.")
    own_key = serializers.CharField(source="key.name", default=None, allow_null=True)
    context_tokens = serializers.IntegerField(source="known.context_tokens", default=None, allow_null=True)
    most_output_tokens = serializers.IntegerField(source="known.most_output_tokens", default=None, allow_null=True)
    abilities = serializers.ListField(
        child=serializers.ChoiceField(Ability.choices), source="known.abilities", default=[]
    )
    prices = PricesSerializer(source="known", allow_null=True)
    resting_until = serializers.DateTimeField(source="health.rest.until", default=None, allow_null=True)
    last_15_minutes = serializers.SerializerMethodField()
    last_24_hours = serializers.SerializerMethodField()

    @extend_schema_field(FaredSerializer)
    def get_last_15_minutes(self, line: Line) -> Any:
        return _fared(line, "15 min")

    @extend_schema_field(FaredSerializer)
    def get_last_24_hours(self, line: Line) -> Any:
        return _fared(line, "24 h")


class AliasTargetSerializer(serializers.ModelSerializer[AliasTarget]):
    credential = serializers.IntegerField(source="credential_id", allow_null=True)

    class Meta:
        model = AliasTarget
        fields = ("provider", "model", "credential")


class AliasSerializer(serializers.ModelSerializer[Alias]):
    """A name for models; `own` is false for the installation's, which its staff edit."""

    own = serializers.SerializerMethodField()
    targets = AliasTargetSerializer(many=True)

    class Meta:
        model = Alias
        fields = ("name", "own", "targets", "created_at")

    def get_own(self, alias: Alias) -> bool:
        return alias.organization_id is not None


class AliasTargetInput(Input):
    provider = serializers.ChoiceField(ProviderName.choices)
    model = serializers.CharField(max_length=200)
    credential = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="The id of an own key; null for the usual one."
    )


class AliasTargetsInput(Input):
    targets = serializers.ListField(child=AliasTargetInput(), min_length=1, max_length=MOST_TARGETS)


class AliasInput(AliasTargetsInput):
    name = serializers.RegexField(r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}$")


class CredentialSerializer(serializers.ModelSerializer[Credential]):
    """An own key as people recognise it; the key itself is never shown."""

    class Meta:
        model = Credential
        fields = ("id", "name", "provider", "base_url", "hint", "is_default", "created_at", "revoked_at")
        read_only_fields = fields


class ProviderKeyInput(Input):
    key = serializers.CharField(max_length=500, help_text="As the provider gave it; it is stored encrypted.")


class CredentialInput(ProviderKeyInput):
    name = serializers.CharField(max_length=100)
    provider = serializers.ChoiceField(REMOTE_CHOICES)
    base_url = serializers.CharField(
        max_length=500,
        required=False,
        default="",
        allow_blank=True,
        help_text="Empty: the provider's own.",
    )
    is_default = serializers.BooleanField(required=False, default=False)


class CredentialChange(Input):
    is_default = serializers.BooleanField()


class CredentialTestInput(Input):
    model = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        help_text="Empty: the installation's.",
    )


def wanted(targets: Sequence[Mapping[str, Any]]) -> list[Wanted]:
    """What the service takes."""
    return [Wanted(ProviderName(one["provider"]), one["model"], one["credential"]) for one in targets]


def _fared(line: Line, span: str) -> Any:
    return FaredSerializer(line.health.spans.get(span, Fared())).data
