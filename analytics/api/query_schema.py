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


SPEC_SCHEMA = {"oneOf": [inlined(model.model_json_schema()) for model in KINDS.values()]}
ANSWER_SCHEMA = inlined(TypeAdapter(Answer).json_schema(mode="serialization"))
EXAMPLES = [
    OpenApiExample(kind, value=example, request_only=True, description=model.definition)
    for kind, model in KINDS.items()
    for example in model.model_json_schema()["examples"]
]
