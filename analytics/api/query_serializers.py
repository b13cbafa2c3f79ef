"""How long queries and explanations look."""

from typing import Any

from pydantic import TypeAdapter
from rest_framework import serializers

from analytics.models import QueryRun
from analytics.queries import storage
from analytics.queries.run import Explained

_EXPLAINED = TypeAdapter(Explained)


class EstimateSerializer(serializers.Serializer[object]):
    rows = serializers.IntegerField(source="estimated_rows", help_text="Events that it reads at most.")
    bytes = serializers.IntegerField(
        source="estimated_bytes", allow_null=True, help_text="The size of the files that it reads a part of."
    )
    files = serializers.IntegerField(source="estimated_files", allow_null=True)


class QueryRunSerializer(serializers.ModelSerializer[QueryRun]):
    state = serializers.ChoiceField(choices=QueryRun.State.choices)
    position = serializers.IntegerField(help_text="How many queries begin before it, and it; 0 once it runs.")
    estimate = EstimateSerializer(source="*")

    class Meta:
        model = QueryRun
        fields = ("id", "state", "position", "estimate", "spec", "created_at")
        read_only_fields = fields


def explained(found: Explained) -> dict[str, Any]:
    """The explanation as JSON; the result itself is left out."""
    whole: dict[str, Any] = _EXPLAINED.dump_python(found, mode="json")
    return {
        "kind": found.answer.kind,
        "engine": "clickhouse" if storage.clickhouse_address() else "duckdb",
        "estimate": whole["estimate"],
        "statements": [{**item["span"], "sql": item["sql"]} for item in whole["statements"]],
        "provenance": whole["answer"]["provenance"],
    }
