"""Query specs and answers in the OpenAPI document, from their own types."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from pydantic import TypeAdapter

from analytics.cohorts.definition import AllConditions, AnyCondition, Definition, Done, NoCondition
from analytics.kinds import KINDS
from analytics.kinds.filters import AllOf, AnyOf, Condition, Filter, Not
from analytics.queries.answers import Answer, Provenance
from analytics.queries.estimate import Estimate

# Filters may have filters in them, and conditions of cohorts conditions, so they are components that refer to each
# other.
FILTERS: dict[str, str] = {model.__name__: f"Query{model.__name__}" for model in (Filter, AnyOf, AllOf, Not)}
CONDITIONS: dict[str, str] = {
    model.__name__: f"Cohort{model.__name__}" for model in (Done, AnyCondition, AllConditions, NoCondition)
}
_SHARED = FILTERS | CONDITIONS


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema without `$defs` and examples: each reference but to `_SHARED` is replaced by what it means."""
    definitions = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            shared = _SHARED.get(name)
            return {"$ref": f"#/components/schemas/{shared}"} if shared else resolve(definitions[name])
        return {key: resolve(value) for key, value in node.items() if key != "examples"}

    found: dict[str, Any] = resolve(schema)
    return found


def add_filters(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular: the components that specs and conditions refer to."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for of, names in ((TypeAdapter(Condition), FILTERS), (TypeAdapter(Definition), CONDITIONS)):
        found = of.json_schema()["$defs"]
        schemas |= {shared: inlined({**found[name], "$defs": found}) for name, shared in names.items()}
    return result


SPEC_SCHEMA = {"oneOf": [inlined(kind.spec.model_json_schema()) for kind in KINDS.values()]}
CONDITIONS_SCHEMA = inlined(Definition.model_json_schema())["properties"]["conditions"]
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
