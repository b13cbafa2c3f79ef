"""What a caller asks for: one typed input for each task. API, page and providers read the same models."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError
from pydantic_core import ErrorDetails

from accounts.errors import FieldError, Invalid
from inference.choices import ProviderName, Task

# Characters. About 50,000 tokens; longer texts belong in pieces.
LONGEST_TEXT = 200_000


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("Holds a NUL character.")
    return text


AnyText = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_storable)]
Text = Annotated[AnyText, Field(min_length=1, pattern=r"\S")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SummarizeInput(_Strict):
    """A text to make short, in its own language."""

    text: Text
    max_sentences: int = Field(default=3, ge=1, le=20)


class GenerateInput(_Strict):
    """A prompt to answer. Without `max_tokens` and `temperature`, the provider's own defaults hold."""

    prompt: Text
    system: AnyText = ""
    max_tokens: int | None = Field(default=None, ge=1, le=128_000)
    temperature: float | None = Field(default=None, ge=0, le=2)


TaskInput = SummarizeInput | GenerateInput


class _Choice(_Strict):
    provider: ProviderName | None = Field(default=None, description="Unset: the first that is configured.")
    model: AnyText = Field(default="", max_length=200, description="Unset: the provider's, as configured.")


class SummarizeJob(_Choice):
    task: Literal[Task.SUMMARIZE]
    input: SummarizeInput


class GenerateJob(_Choice):
    task: Literal[Task.GENERATE]
    input: GenerateInput


class JobRequest(RootModel[Annotated[SummarizeJob | GenerateJob, Field(discriminator="task")]]):
    """The body that creates a job: a task, its input, and optionally who shall do it."""


INPUTS: dict[str, type[TaskInput]] = {Task.SUMMARIZE: SummarizeInput, Task.GENERATE: GenerateInput}


_ONE_OF_TASKS = f"One of {', '.join(Task)}."
# Where pydantic's own words speak of Python rather than of the request.
_MESSAGES = {
    "union_tag_invalid": _ONE_OF_TASKS,
    "union_tag_not_found": _ONE_OF_TASKS,
    "too_short": "Must not be empty.",
    "string_pattern_mismatch": "Must not be empty.",
}


def parse_request(body: Any) -> SummarizeJob | GenerateJob:
    """Raises Invalid naming each field at fault, as a dotted path."""
    try:
        return JobRequest.model_validate(body).root
    except ValidationError as error:
        fields = [
            FieldError(_path(item), _MESSAGES.get(item["type"], item["msg"]))
            for item in error.errors(include_url=False)
        ]
        raise Invalid("The job has invalid fields.", fields=fields) from error


def _path(item: ErrorDetails) -> str:
    # The first part of the location is the chosen member of the union, unless the choice itself failed.
    if item["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return "task"
    return ".".join(str(part) for part in item["loc"][1:]) or "body"
