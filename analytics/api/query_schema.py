"""Query specs and answers in the OpenAPI document, from their own types."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from pydantic import TypeAdapter

from analytics.kinds import KINDS
from analytics.queries.run import Answer


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


def _answer_schema() -> dict[str, Any]:
    """An answer's, whose result is that of one of the kinds."""
    found = inlined(TypeAdapter(Answer).json_schema(mode="serialization"))
    results = [inlined(TypeAdapter(kind.result).json_schema(mode="serialization")) for kind in KINDS.values()]
    found["properties"]["result"] = {"oneOf": results}
    return found


ANSWER_SCHEMA = _answer_schema()
