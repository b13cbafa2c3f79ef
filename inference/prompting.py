"""The words of a prompt, and what stands in them for a variable: `{{name}}`. No Django here."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from accounts.errors import FieldError, Invalid
from inference.kinds.base import LONGEST_TEXT, AnyText, Strict, Text
from inference.routes import split

MOST_VARIABLES = 50
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*\}\}")

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Values = Annotated[dict[VariableName, AnyText], Field(max_length=MOST_VARIABLES)]


def variables(text: str) -> list[str]:
    """Their names, each once, in the order in which they come first."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def filled(text: str, values: Mapping[str, str], *, field: str = "prompt.variables") -> str:
    """The text with its values. They are data: what looks like a variable in one stays as it is.

    Raises Invalid naming every variable that is missing, and every value that the text has no place for, below the
    field that has the values; empty where that is the body itself.
    """
    wanted, place = variables(text), f"{field}." if field else ""
    wrong = [FieldError(f"{place}{name}", "This variable has no value.") for name in wanted if name not in values]
    wrong += [
        FieldError(f"{place}{name}", "The prompt has no such variable.") for name in values if name not in wanted
    ]
    if wrong:
        raise Invalid("The variables do not fit the prompt.", fields=wrong)
    written = _VARIABLE.sub(lambda match: values[match[1]], text)
    if not written.strip() or len(written) > LONGEST_TEXT:
        message = f"With its values the prompt must have between 1 and {LONGEST_TEXT:,} characters."
        raise Invalid(message, fields=[FieldError(field or "body", message)])
    return written


class Words(Strict):
    """A version of a prompt. Variables stand in `text` as `{{name}}`; `test_input` has values to try them with."""

    system: AnyText = Field(default="", description="Said to the model before it; without variables.")
    text: Text
    test_input: Values = Field(default={})
    model: AnyText = Field(default="", max_length=200, description="As a job can name it. Unset: the job's.")
    max_tokens: int | None = Field(default=None, ge=1, le=128_000)
    temperature: float | None = Field(default=None, ge=0, le=2)
    note: AnyText = Field(default="", max_length=200, description="What is new in it.")

    @field_validator("system")
    @classmethod
    def _has_no_variable(cls, system: str) -> str:
        if found := variables(system):
            raise ValueError(f"Variables are data and stand in the text alone: {', '.join(found)}.")
        return system

    @field_validator("text")
    @classmethod
    def _not_too_many(cls, text: str) -> str:
        if len(variables(text)) > MOST_VARIABLES:
            raise ValueError(f"{MOST_VARIABLES} variables at most.")
        return text

    @field_validator("test_input")
    @classmethod
    def _known(cls, given: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        unknown = set(given) - set(variables(info.data["text"])) if "text" in info.data else set()
        if unknown:
            raise ValueError(f"The text has no such variable: {', '.join(sorted(unknown))}.")
        return given

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Raises Invalid naming each field at fault."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise Invalid("The prompt has invalid fields.", fields=_faults(error)) from error

    @property
    def named(self) -> tuple[str, str]:
        """Provider and model, as they are kept: an alias has no provider."""
        provider, model = split(self.model)
        return provider or "", model


def _faults(error: ValidationError) -> list[FieldError]:
    return [
        FieldError(
            ".".join(map(str, item["loc"])) or "body",
            "Must not be empty."
            if item["type"] in {"string_pattern_mismatch", "string_too_short"}
            else item["msg"].removeprefix("Value error, "),
        )
        for item in error.errors(include_url=False)
    ]
