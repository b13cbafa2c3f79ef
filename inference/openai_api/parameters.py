"""What the bodies of both APIs have in common, and how a bad one is refused by field."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accounts.errors import FieldError, Invalid
from inference.kinds.base import AnyText

_MOST_NAMED = 5
# What pydantic calls the types of a union in a location.
_ALTERNATIVE = re.compile(r"[\[A-Z-]|^(?:str|int|bool)$")
_Request = TypeVar("_Request", bound=BaseModel)
_Result = TypeVar("_Result")
# They say nothing about the answer: who has no use for them can do without.
HINTS = (
    *("user", "safety_identifier", "service_tier"),
    *("prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"),
)
# What clients send to say that they want nothing special.
_NEUTRAL: tuple[Any, ...] = (None, 0, False, "", [], {}, ["text"])


class Open(BaseModel):
    """Unknown parameters are kept apart, in `model_extra`."""

    model_config = ConfigDict(extra="allow", frozen=True)


class JsonSchema(Open):
    name: AnyText = Field(min_length=1, max_length=64)
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class TextFormat(Open):
    type: Literal["text"]


class JsonFormat(Open):
    type: Literal["json_object"]


def parsed(model: type[_Request], body: Any, use: Callable[[_Request], _Result]) -> tuple[_Request, _Result]:
    """The request, and what is made of it; raises Invalid that names each field at fault."""
    try:
        request = model.model_validate(body)
        return request, use(request)
    except ValidationError as error:
        # Of several alternatives, the one that fitted best failed deepest.
        found = sorted(error.errors(include_url=False), key=lambda item: -len(item["loc"]))
        fields = {_path(item["loc"]): item["msg"].removeprefix("Value error, ") for item in reversed(found)}
        named = [FieldError(field, message) for field, message in reversed(fields.items())]
        raise Invalid("The request has invalid fields.", fields=named[:_MOST_NAMED]) from error


def _path(location: tuple[int | str, ...]) -> str:
    """As a dotted path, without the names of the alternatives that were tried."""
    given = (str(part) for part in location)
    return ".".join(part for part in given if not _ALTERNATIVE.search(part)) or "body"


def refuse(field: str, reason: str) -> Invalid:
    return Invalid(reason, fields=[FieldError(field, reason)])


def wanted(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were given a value."""
    return {name: value for name, value in extra.items() if value is not None}


def required(extra: Mapping[str, Any]) -> list[str]:
    """Those without which the answer would be another."""
    return sorted(name for name, value in extra.items() if name not in HINTS and value not in _NEUTRAL)
