"""JSON Schemas that callers give: whether one is valid and safe to use, and whether an answer keeps to it.

Both a schema and an answer come from strangers: nothing is fetched, patterns are matched in linear time, and the
work is counted and bounded.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from pydantic_core import SchemaError as PatternError
from pydantic_core import SchemaValidator, core_schema
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Bytes as JSON, levels, and keywords that are looked at for one answer.
LARGEST_SCHEMA = 64 * 1024
DEEPEST_SCHEMA = 32
MOST_WORK = 200_000
# Of what is wrong with an answer.
_MOST_ERRORS, _LONGEST_ERROR = 10, 300
# Those that name a schema elsewhere; and those that change what names mean, or whose patterns are matched by code
# that is not ours.
_REFERENCES = ("$ref", "$dynamicRef")
_REFUSED = ("$id", "$vocabulary", "patternProperties")
# The keywords that hold schemas.
_BY_NAME = ("properties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip

_work: ContextVar[list[int]] = ContextVar("work")


class TooMuchWork(Exception):
    """The schema asks to look at the same parts of an answer over and over."""


def complaint(schema: Mapping[str, Any]) -> str:
    """Why the schema cannot be used; empty where it can."""
    try:
        if len(json.dumps(schema, ensure_ascii=False).encode()) > LARGEST_SCHEMA:
            return f"A schema may have {LARGEST_SCHEMA // 1024} KB."
        return _wrong_in(schema)
    except RecursionError:
        return f"It is deeper than {DEEPEST_SCHEMA} levels."


def complaints(data: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with an answer, each with its place; empty where it keeps to the schema.

    Raises TooMuchWork.
    """
    token = _work.set([MOST_WORK])
    try:
        found = _validator(schema).iter_errors(data)
        return [_said(error) for error, _ in zip(found, range(_MOST_ERRORS), strict=False)]
    except RecursionError as error:
        raise TooMuchWork from error
    finally:
        _work.reset(token)


def _wrong_in(schema: Mapping[str, Any]) -> str:
    if str(schema.get("$schema", DIALECT)).rstrip("#") != DIALECT:
        return f"Its $schema must be {DIALECT}, or left out."
    if schema.get("type") != "object":
        return "It must describe an object: say so by its type."
    return next(_Walk(schema).part(schema, 0), "")


class _Walk:
    """Looks at a schema and at whatever it refers to, each part once."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.resolver = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver()
        self.seen: set[int] = set()

    def part(self, schema: Any, depth: int) -> Iterator[str]:
        """What is not valid, or is and cannot be used here."""
        if id(schema) in self.seen:
            return
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            yield f"It is not valid at '{_place(error)}': {error.message[:_LONGEST_ERROR]}"
            return
        yield from self._inside(schema, depth)

    def _inside(self, schema: Any, depth: int) -> Iterator[str]:
        self.seen.add(id(schema))
        if depth > DEEPEST_SCHEMA:
            yield f"It is deeper than {DEEPEST_SCHEMA} levels."
        elif isinstance(schema, dict):
            for keyword, value in schema.items():
                yield from self._keyword(keyword, value, depth)
                for inner in _schemas_in(keyword, value):
                    yield from self._inside(inner, depth + 1)

    def _keyword(self, keyword: str, value: Any, depth: int) -> Iterator[str]:
        if keyword in _REFUSED:
            yield f"{keyword} cannot be used here."
        elif keyword in _REFERENCES:
            yield from self._reference(keyword, value, depth)
        elif keyword == "pattern" and _matcher(value) is None:
            yield f"The pattern '{value[:100]}' cannot be used: it may neither look around nor refer back."

    def _reference(self, keyword: str, reference: str, depth: int) -> Iterator[str]:
        try:
            found = self.resolver.lookup(reference).contents if reference.startswith("#") else None
        except Unresolvable:
            found = None
        if found is None:
            yield f"{keyword} '{reference[:100]}' leads nowhere: a schema refers only to itself, by '#/…'."
        else:
            yield from self.part(found, depth + 1)


def _schemas_in(keyword: str, value: Any) -> list[Any]:
    """The schemas that stand directly in a keyword's value."""
    if keyword in _BY_NAME:
        return list(value.values())
    if keyword in _LISTS:
        return list(value)
    return [value] if keyword in _SINGLE else []


def _matcher(pattern: str) -> SchemaValidator | None:
    """A matcher that takes linear time, whatever the pattern; None where there is none."""
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except PatternError:
        return None


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    matcher = _matcher(pattern) if isinstance(instance, str) else None
    if matcher is not None and not matcher.isinstance_python(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _counted(check: Callable[..., Any]) -> Callable[..., Any]:
    def counting(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        left = _work.get()
        left[0] -= 1
        if left[0] < 0:
            raise TooMuchWork
        yield from check(validator, value, instance, schema) or ()

    return counting


_Validator = extend(
    Draft202012Validator,
    {name: _counted(check) for name, check in {**Draft202012Validator.VALIDATORS, "pattern": _pattern}.items()},
)


def _validator(schema: Mapping[str, Any]) -> Any:
    return _Validator(schema, registry=Registry())


def _said(error: ValidationError) -> str:
    return f"{_place(error) or 'the whole'}: {error.message}"[:_LONGEST_ERROR]


def _place(error: ValidationError | SchemaError) -> str:
    return ".".join(str(part) for part in error.absolute_path)
