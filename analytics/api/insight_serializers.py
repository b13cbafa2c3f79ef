"""How saved insights look, and what is taken of them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.errors import Invalid
from analytics.api.query_schema import SPEC_SCHEMA
from analytics.kinds import parse_spec
from analytics.models import Insight, InsightChange, Visibility
from analytics.models.insights import LONGEST_DESCRIPTION, LONGEST_NAME


@extend_schema_field(SPEC_SCHEMA)
class SpecField(serializers.DictField):
    """A query's spec."""


class InsightInput(serializers.Serializer[Insight]):
    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True)
    is_favourite = serializers.BooleanField(required=False)
    visibility = serializers.ChoiceField(
        choices=Visibility.choices, required=False, help_text="private: its maker's alone, who has to be a person."
    )
    spec = SpecField(required=False)


class InsightSerializer(serializers.ModelSerializer[Insight]):
    kind = serializers.SerializerMethodField(
        help_text="The kind of query; empty where this version has none of it."
    )
    problem = serializers.SerializerMethodField(
        help_text="Why its spec cannot be asked any more; empty where it can."
    )
    created_by = serializers.SlugRelatedField(slug_field="email", read_only=True)  # type: ignore[var-annotated]
    updated_by = serializers.SlugRelatedField(slug_field="email", read_only=True)  # type: ignore[var-annotated]
    shared = serializers.SerializerMethodField(help_text="Whether a public link shows it.")
    spec = SpecField()

    class Meta:
        model = Insight
        fields = (
            "id", "name", "description", "is_favourite", "visibility", "shared", "kind", "spec", "problem",
            "created_by", "created_at", "updated_by", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_shared(self, insight: Insight) -> bool:
        known: bool | None = getattr(insight, "is_shared", None)
        return insight.shares.live().exists() if known is None else known

    def get_kind(self, insight: Insight) -> str:
        return "" if self.get_problem(insight) else str(insight.spec["kind"])

    def get_problem(self, insight: Insight) -> str:
        return problem_of(insight.spec)


class InsightChangeSerializer(serializers.ModelSerializer[InsightChange]):
    what = serializers.ChoiceField(choices=InsightChange.What.choices)
    by = serializers.SlugRelatedField(slug_field="email", read_only=True)  # type: ignore[var-annotated]
    by_key = serializers.SlugRelatedField(slug_field="name", read_only=True)  # type: ignore[var-annotated]
    spec = SpecField()

    class Meta:
        model = InsightChange
        fields = (
            "number",
            "what",
            "at",
            "by",
            "by_key",
            "name",
            "description",
            "is_favourite",
            "visibility",
            "spec",
        )
        read_only_fields = fields


def problem_of(spec: Any) -> str:
    """What is wrong with a spec that was right when it was saved; empty where nothing is."""
    try:
        parse_spec(spec)
    except Invalid as error:
        return " ".join([error.message, *(f"{item.field}: {item.message}" for item in error.fields)])
    return ""
