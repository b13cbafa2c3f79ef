"""How cohorts look, and what is taken of them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.api.query_schema import CONDITIONS_SCHEMA
from analytics.models import Cohort
from analytics.models.cohorts import LONGEST_DESCRIPTION, LONGEST_NAME
from analytics.queries import sensitive
from analytics.sensitive import Hidden
from analytics.services.cohorts import Content


@extend_schema_field(CONDITIONS_SCHEMA)
class ConditionsField(serializers.ListField):
    """Conditions on people."""


class CohortInput(serializers.Serializer[Cohort]):
    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True)
    conditions = ConditionsField(required=False, help_text="Whoever meets all of them is in the cohort.")
    people = serializers.ListField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False),
        required=False,
        help_text="In place of conditions: a fixed list of ids. Of a person, any id will do.",
    )

    def content(self) -> Content:
        return Content(**self.validated_data)


class CohortSerializer(serializers.ModelSerializer[Cohort]):
    state = serializers.ChoiceField(choices=Cohort.State.choices)
    problem = serializers.CharField(help_text="Why it could not be computed; empty otherwise.")
    conditions = serializers.SerializerMethodField(
        help_text="Null where it is a list, or where they are withheld."
    )
    withheld = serializers.SerializerMethodField(
        help_text="The sensitive fields that its conditions name, if you may not see them."
    )
    listed = serializers.SerializerMethodField(help_text="How many ids are on its list; null where it is none.")
    uses = serializers.ListField(
        child=serializers.IntegerField(), help_text="The ids of the cohorts that it is built from."
    )
    version = serializers.IntegerField(help_text="Raised with every change of the conditions or the list.")
    size = serializers.IntegerField(help_text="How many people are in it.")
    as_of = serializers.DateTimeField(
        allow_null=True, help_text="The moment that size and members are of; null until it is first computed."
    )
    unknown = serializers.IntegerField(help_text="Ids of the list that belong to nobody with an event.")
    unknown_people = serializers.ListField(
        child=serializers.CharField(), help_text="The first of the unknown ids."
    )
    created_by = serializers.SlugRelatedField(slug_field="email", read_only=True)  # type: ignore[var-annotated]
    updated_by = serializers.SlugRelatedField(slug_field="email", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Cohort
        fields = (
            "id", "name", "description", "conditions", "withheld", "listed", "uses", "version", "state", "problem",
            "size", "as_of", "rows_read", "unknown", "unknown_people", "created_by", "created_at", "updated_by",
            "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({**CONDITIONS_SCHEMA, "nullable": True})
    def get_conditions(self, cohort: Cohort) -> list[Any] | None:
        return None if self.get_withheld(cohort) else cohort.conditions

    def get_withheld(self, cohort: Cohort) -> list[str]:
        hidden: Hidden = self.context["hidden"]
        return list(sensitive.withheld(cohort.conditions, hidden))

    def get_listed(self, cohort: Cohort) -> int | None:
        return None if cohort.people is None else len(cohort.people)


class MemberSerializer(serializers.Serializer[Any]):
    person = serializers.CharField(help_text="The id that they go by.")
    traits = serializers.DictField(help_text="Their traits as they are now.")


class MembersSerializer(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField()
    members = MemberSerializer(many=True)
    next = serializers.CharField(help_text="The `after` of the next page; empty on the last.")


class MembersQuerySerializer(serializers.Serializer[Any]):
    after = serializers.CharField(required=False, default="", help_text="The `next` of the page before.")
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200)
    person = serializers.CharField(required=False, default="", help_text="Only whoever this id belongs to.")
