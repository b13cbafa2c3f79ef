"""What a caller asks for: one typed input for each task. API, page and runner read the same models."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    RootModel,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import ErrorDetails

from accounts.errors import FieldError, Invalid
from inference.choices import Priority, ProviderName, Task
from inference.kinds import KINDS
from inference.kinds.base import AnyText, Strict, storable
from inference.kinds.chat import ChatInput
from inference.kinds.classify import ClassifyInput
from inference.kinds.extract import ExtractInput
from inference.kinds.generate import GenerateInput
from inference.kinds.summarize import SummarizeInput
from inference.prompting import Values

_MOST_METADATA = 16
# A week.
LONGEST_EXPIRY = 7 * 24 * 3600

MetadataName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(storable)]
MetadataValue = Annotated[str, Field(max_length=512), AfterValidator(storable)]
Metadata = Annotated[dict[MetadataName, MetadataValue], Field(max_length=_MOST_METADATA)]


def _id_or_slug(given: Any) -> Any:
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


ProjectName = Annotated[
    AnyText,
    BeforeValidator(_id_or_slug),
    Field(min_length=1, max_length=60),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
]

# 30 days.
_OLDEST_ANSWER = 30 * 24 * 3600


class Cache(Strict):
    """How old an answer may be that is given again."""

    seconds: int = Field(default=24 * 3600, ge=1, le=_OLDEST_ANSWER)


def _yes_or_no(given: Any) -> Any:
    return ({} if given else None) if isinstance(given, bool) else given


CacheWish = Annotated[
    Cache | None,
    BeforeValidator(_yes_or_no),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, Cache.model_json_schema(), {"type": "null"}]}),
]


class Options(Strict):
    """What every job can be given beside its input."""

    project: ProjectName | None = Field(
        default=None,
        description="A project of the organization, by id or slug: its rules hold, and who may see it, sees the "
        "job. Unset: the organization as a whole.",
    )
    priority: Literal["low", "normal", "high"] = Field(
        default="normal", description="Among the jobs of its organization; others get their turns all the same."
    )
    expires_in: int | None = Field(
        default=None,
        ge=1,
        le=LONGEST_EXPIRY,
        description="Seconds. A job that has not begun by then, or waits to be tried again, ends as `expired`.",
    )
    cache: CacheWish = Field(
        default=None,
        description="Give an answer again that the same model wrote to the same input before, by a job that asked "
        "for this as well. `true` takes one of the last 24 hours.",
    )
    metadata: Metadata = Field(
        default={},
        description=f"Your own words for it, kept and given back: up to {_MOST_METADATA} names with texts.",
    )
    provider: ProviderName | None = Field(default=None, description="Unset: the first that is configured.")
    model: AnyText = Field(
        default="",
        max_length=200,
        description="A model's name, `provider/model` or an alias. Unset: the provider's, as configured.",
    )
    credential: AnyText = Field(
        default="", max_length=100, description="Name or id of an own key. Unset: the provider's own default."
    )
    deadline: int | None = Field(
        default=None, ge=1, description="Seconds from its first start to its end, with all tries and pauses."
    )


class SummarizeJob(Options):
    task: Literal[Task.SUMMARIZE]
    input: SummarizeInput


class GenerateJob(Options):
    task: Literal[Task.GENERATE]
    input: GenerateInput


class ChatJob(Options):
    task: Literal[Task.CHAT]
    input: ChatInput


class ClassifyJob(Options):
    task: Literal[Task.CLASSIFY]
    input: ClassifyInput


class ExtractJob(Options):
    task: Literal[Task.EXTRACT]
    input: ExtractInput


AnyJob = SummarizeJob | GenerateJob | ChatJob | ClassifyJob | ExtractJob


class JobRequest(RootModel[Annotated[AnyJob, Field(discriminator="task")]]):
    """The body that creates a job: a task, its input, and optionally who shall do it."""


class NamedPrompt(Strict):
    """A prompt of the organization; without a version, the newest."""

    slug: AnyText = Field(min_length=1, max_length=100)
    version: int | None = Field(default=None, ge=1, le=1_000_000)


class AskedPrompt(NamedPrompt):
    """A prompt of the organization with its values; without a version, the newest."""

    variables: Values = Field(default={}, description="A value for each of its variables, by name.")


class FromPrompt(Options):
    """A text from a prompt which is kept here, in the place of words of its own."""

    prompt: AskedPrompt


class PromptedJob(FromPrompt):
    """A job that generates from a prompt which is kept here, in the place of an input of its own."""

    task: Literal["generate"]


class AnyJobRequest(RootModel[Annotated[AnyJob, Field(discriminator="task")] | PromptedJob]):
    """The body that creates a job: a task with its input, or `generate` with a `prompt` that is kept here."""


PRIORITIES: dict[str, Priority] = {priority.name.lower(): priority for priority in Priority}

_ONE_OF_TASKS = f"One of {', '.join(KINDS)}."
# Where pydantic's own words speak of Python rather than of the request.
_MESSAGES = {
    "union_tag_invalid": _ONE_OF_TASKS,
    "union_tag_not_found": _ONE_OF_TASKS,
    "too_short": "Must not be empty.",
    "string_too_short": "Must not be empty.",
    "string_pattern_mismatch": "Must not be empty.",
}


def parse_request(body: Any) -> AnyJob:
    """Raises Invalid naming each field at fault, as a dotted path."""
    try:
        return JobRequest.model_validate(body).root
    except ValidationError as error:
        raise Invalid("The job has invalid fields.", fields=faults(error, inside=1)) from error


def parse_any(body: Any) -> AnyJob | PromptedJob:
    """As `parse_request`, and jobs that run a prompt."""
    if not isinstance(body, dict) or "prompt" not in body:
        return parse_request(body)
    try:
        return PromptedJob.model_validate(body)
    except ValidationError as error:
        raise Invalid("The job has invalid fields.", fields=faults(error)) from error


class FromText(GenerateInput, Options):
    """A text from a prompt that stands in the request."""


class Generate(RootModel[FromText | FromPrompt]):
    """`prompt` is the words themselves, or an object that names a prompt which is kept here."""


# The body of each task's own address: the fields of its input, and the options beside them.
TASK_REQUESTS: dict[str, type[BaseModel]] = {
    task: create_model(task.title(), __base__=(kind.input, Options), __doc__=kind.input.__doc__)
    for task, kind in KINDS.items()
    if task is not Task.GENERATE
} | {Task.GENERATE: Generate}


def parse_task(task: str, body: Any) -> AnyJob | PromptedJob:
    """Raises Invalid as `parse_any` does."""
    if not isinstance(body, dict):
        raise Invalid("The job has invalid fields.", fields=[FieldError("body", "Must be a JSON object.")])
    if task == Task.GENERATE and isinstance(body.get("prompt"), dict):
        return parse_any({**body, "task": task})
    options = {name: value for name, value in body.items() if name in Options.model_fields}
    given = {name: value for name, value in body.items() if name not in options}
    try:
        return parse_request({"task": task, "input": given, **options})
    except Invalid as error:
        fields = [FieldError(item.field.removeprefix("input."), item.message) for item in error.fields]
        raise Invalid(error.message, fields=fields) from error


def faults(error: ValidationError, *, inside: int = 0) -> list[FieldError]:
    """What pydantic found wrong in a request, in the request's own words.

    `inside`: how many first parts of a place are not of the request, but the chosen member of a union.
    """
    return [
        FieldError(_path(item, inside), _MESSAGES.get(item["type"], item["msg"].removeprefix("Value error, ")))
        for item in error.errors(include_url=False)
    ]


def _path(item: ErrorDetails, inside: int) -> str:
    # The choice itself failed.
    if item["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return "task"
    return ".".join(str(part) for part in item["loc"][inside:] if part != "[key]") or "body"
