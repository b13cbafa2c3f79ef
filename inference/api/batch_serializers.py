"""How a batch looks in the API."""

from collections import Counter
from typing import Any

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from inference.api.serializers import PROMPT
from inference.choices import Priority, Status
from inference.models import Batch
from inference.queries import shown
from inference.queries.batches import prompt_of, state_of

STATES = ["running", "finished", "cancelling", "cancelled"]
_COUNTS = inline_serializer("BatchCounts", {status.value: serializers.IntegerField() for status in Status})
_COST = inline_serializer(
    "BatchCost", {"amount": serializers.IntegerField(), "currency": serializers.CharField()}, allow_null=True
)
_USAGE = inline_serializer(
    "BatchUsage", {"tokens_input": serializers.IntegerField(), "tokens_output": serializers.IntegerField()}
)
_SUMMARY = (
    "id", "name", "task", "state", "priority", "total", "counts", "created_at", "finished_at",
    "cancel_requested_at",
)  # fmt: skip


class BatchSummarySerializer(serializers.ModelSerializer[Batch]):
    """A batch in a list; `counts` is its jobs by status."""

    state = serializers.SerializerMethodField()
    priority = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Batch
        fields: tuple[str, ...] = _SUMMARY
        read_only_fields: tuple[str, ...] = _SUMMARY

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, batch: Batch) -> str:
        return state_of(batch)

    @extend_schema_field(serializers.ChoiceField(choices=[priority.name.lower() for priority in Priority]))
    def get_priority(self, batch: Batch) -> str:
        return Priority(batch.priority).name.lower()

    @extend_schema_field(_COUNTS)
    def get_counts(self, batch: Batch) -> dict[str, int]:
        return self._shown(self.context["counts"][batch.pk])

    def _shown(self, counts: Counter[str]) -> dict[str, int]:
        return {status: counts[status] for status in Status.values}


class BatchSerializer(BatchSummarySerializer):
    """One batch: `cost` is what its jobs came to so far, `most_cost` what was held for all of them."""

    prompt = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField()
    most_cost = serializers.SerializerMethodField()

    class Meta(BatchSummarySerializer.Meta):
        fields = read_only_fields = (*_SUMMARY, "prompt", "usage", "cost", "most_cost")

    @extend_schema_field(_COUNTS)
    def get_counts(self, batch: Batch) -> dict[str, int]:  # noqa: ARG002 (it is in the context)
        return self._shown(self.context["progress"].counts)

    @extend_schema_field(PROMPT)
    def get_prompt(self, batch: Batch) -> dict[str, Any] | None:
        return shown.prompt(prompt_of(batch))

    @extend_schema_field(_USAGE)
    def get_usage(self, batch: Batch) -> dict[str, int]:  # noqa: ARG002 (it is in the context)
        found = self.context["progress"]
        return {"tokens_input": found.tokens_input, "tokens_output": found.tokens_output}

    @extend_schema_field(_COST)
    def get_cost(self, batch: Batch) -> dict[str, Any] | None:  # noqa: ARG002 (it is in the context)
        found = self.context["progress"]
        return None if found.cost is None else {"amount": found.cost, "currency": found.currency}

    @extend_schema_field(_COST)
    def get_most_cost(self, batch: Batch) -> dict[str, Any] | None:
        return None if batch.most_cost is None else {"amount": batch.most_cost, "currency": batch.currency}
