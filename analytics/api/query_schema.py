"""Query specs and answers in the OpenAPI document, from their own types."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from pydantic import TypeAdapter

from analytics.kinds import KINDS
from analytics.queries.answers import Answer, Provenance
from analytics.queries.estimate import Estimate


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema without `$defs` and examples: each reference is replaced by what it means."""
    definitions = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return resolve(definitions[node["$ref"].rpartition("/")[2]])
        return {key: resolve(value) for key, value in node.items() if key != "examples"}

    found: dict[str, Any] = resolve(schema)
    return found


SPEC_SCHEMA = {"oneOf": [inlined(kind.spec.model_json_schema()) for kind in KINDS.values()]}
EXAMPLES = [
    OpenApiExample(name, value=kind.example, request_only=True, description=kind.spec.definition)
    for name, kind in KINDS.items()
]


def kinds() -> dict[str, Any]:
    """Each kind by its name: its definition, its spec as JSON Schema (draft 2020-12) and an example."""
    return {
        name: {
            "definition": kind.spec.definition,
            "schema": kind.spec.model_json_schema(),
            "example": kind.example,
        }
        for name, kind in KINDS.items()
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _of(type_: Any) -> dict[str, Any]:
    return inlined(TypeAdapter(type_).json_schema(mode="serialization"))


def _answer_schema() -> dict[str, Any]:
    """An answer's, whose result is that of one of the kinds."""
    found = _of(Answer)
    found["properties"]["result"] = {"oneOf": [_of(kind.result) for kind in KINDS.values()]}
    return found


ANSWER_SCHEMA = _answer_schema()
_MOMENT = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
EXPLAINED_SCHEMA = _object(
    kind=_TEXT,
    engine={"enum": ["duckdb", "clickhouse"]},
    estimate=_of(Estimate),
    statements={"type": "array", "items": _object(start=_MOMENT, end=_MOMENT, sql=_TEXT)},
    provenance=_of(Provenance),
)
KINDS_SCHEMA = {
    "type": "object",
    "additionalProperties": _object(definition=_TEXT, schema={"type": "object"}, example={"type": "object"}),
}
