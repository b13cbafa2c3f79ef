"""What a batch asks for: one task with many inputs. Each is looked at before any is taken. No Django here."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from accounts.errors import FieldError, Invalid
from inference.choices import Task
from inference.inputs import AnyJob, JobRequest, NamedPrompt, Options, PromptedJob, faults
from inference.kinds import KINDS
from inference.kinds.base import AnyText
from inference.prompting import Values

MOST_ITEMS = 10_000
# Of all inputs together as JSON, what they share counted for each.
MOST_BYTES = 64 * 2**20
# That a refusal names.
_MOST_FAULTS = 100
_VALUES: TypeAdapter[dict[str, str]] = TypeAdapter(Values)

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class BatchRequest(Options):
    """Many inputs of one task. What stands in `shared` is a field of each that does not say it itself."""

    task: Task
    name: AnyText = Field(default="", max_length=200, description="Yours, to know it by.")
    prompt: NamedPrompt | None = Field(
        default=None,
        description="A prompt that is kept here, which `generate` runs with each input: a value for each of its "
        "variables.",
    )
    shared: dict[str, Any] = Field(default={}, description="Fields of every input.")
    inputs: list[dict[str, Any] | str] = Field(
        min_length=1,
        max_length=MOST_ITEMS,
        description="Each an input of the task, or its text alone; with a prompt, its variables.",
    )


@dataclass(frozen=True, slots=True)
class BatchAsked:
    """A batch whose every input is valid; `first` is the job of the first, whose options are those of all."""

    request: BatchRequest
    first: AnyJob
    inputs: list[BaseModel]


@dataclass(frozen=True, slots=True)
class PromptedBatch:
    """One that runs a prompt: `inputs` are values of its variables, `first` has the prompt and the options."""

    request: BatchRequest
    first: PromptedJob
    inputs: list[dict[str, str]]


def parse_batch(body: Any) -> BatchAsked | PromptedBatch:
    """Raises Invalid naming each field at fault, that of the third input as `inputs.2.text`."""
    try:
        request = BatchRequest.model_validate(body)
    except ValidationError as error:
        raise invalid(_of_batch(error)) from error
    given = [_with_shared(item, request) for item in request.inputs]
    shared = len(json.dumps(request.shared)) * len(given)
    if shared + sum(len(json.dumps(item)) for item in request.inputs) > MOST_BYTES:
        raise too_large()
    options = request.model_dump(include=set(Options.model_fields), exclude_unset=True)
    if request.prompt is not None:
        return _prompted(given, request, request.prompt, options)
    inputs: list[BaseModel] = each(given, request, KINDS[request.task].input.model_validate)
    first = {"task": request.task, "input": inputs[0].model_dump(mode="json"), **options}
    return BatchAsked(request, JobRequest.model_validate(first).root, inputs)


def as_input(task: Task, text: str) -> dict[str, Any]:
    """The input of a task that is a text alone."""
    if task is Task.CHAT:
        return {"messages": [{"role": "user", "content": text}]}
    return {"prompt" if task is Task.GENERATE else "text": text}


def each(given: Sequence[_Given], request: BatchRequest, made: Callable[[_Given], _Made]) -> list[_Made]:
    """What is made of each input. Raises Invalid naming every fault, what all inputs share once."""
    all_made: list[_Made] = []
    found: dict[FieldError, None] = {}  # in order
    for index, item in enumerate(given):
        try:
            all_made.append(made(item))
        except ValidationError as error:
            found.update(dict.fromkeys(_of_input(fault, index, request) for fault in faults(error)))
        except Invalid as error:
            found.update(dict.fromkeys(_of_input(fault, index, request) for fault in error.fields))
        if len(found) >= _MOST_FAULTS:
            break
    if found:
        raise invalid(list(found)[:_MOST_FAULTS])
    return all_made


def _of_input(fault: FieldError, index: int, request: BatchRequest) -> FieldError:
    own, name = request.inputs[index], fault.field.partition(".")[0]
    is_shared = name in request.shared and (isinstance(own, str) or name not in own)
    prefix = "shared" if is_shared else f"inputs.{index}"
    return FieldError(f"{prefix}.{fault.field}" if fault.field != "body" else prefix, fault.message)


def invalid(fields: list[FieldError]) -> Invalid:
    """What refuses all of a batch."""
    return Invalid("The batch has invalid fields, so nothing of it was taken.", fields=fields)


def too_large() -> Invalid:
    return invalid([FieldError("inputs", f"Together with what they share they exceed {MOST_BYTES // 2**20} MB.")])


def _prompted(
    given: list[dict[str, Any]], request: BatchRequest, prompt: NamedPrompt, options: dict[str, Any]
) -> PromptedBatch:
    if request.task is not Task.GENERATE:
        raise invalid([FieldError("task", "A prompt is run by generate.")])
    alone = [place for place, item in enumerate(request.inputs) if isinstance(item, str)]
    if alone:
        message = "Must be an object with a value for each variable of the prompt."
        raise invalid([FieldError(f"inputs.{place}", message) for place in alone[:_MOST_FAULTS]])
    inputs = each(given, request, _VALUES.validate_python)
    first = {**options, "task": Task.GENERATE, "prompt": {**prompt.model_dump(), "variables": inputs[0]}}
    return PromptedBatch(request, PromptedJob.model_validate(first), inputs)


def _with_shared(item: dict[str, Any] | str, request: BatchRequest) -> dict[str, Any]:
    return {**request.shared, **(as_input(request.task, item) if isinstance(item, str) else item)}


def _of_batch(error: ValidationError) -> list[FieldError]:
    # An item that is neither an object nor a text is named once, not for each of the two.
    found = {_short(item.field): item.message for item in faults(error)}
    return [
        FieldError(field, "Must be an object or a text." if field.startswith("inputs.") else message)
        for field, message in found.items()
    ]


def _short(field: str) -> str:
    return ".".join(field.split(".")[:2]) if field.startswith("inputs.") else field


def lines(text: str) -> list[Any]:
    """The inputs of an NDJSON body, one a line, empty lines left out. Raises Invalid naming the line's place."""
    found: list[Any] = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise invalid([FieldError(f"inputs.{len(found)}", "The line is no JSON.")]) from error
        if len(found) > MOST_ITEMS:
            break
    return found


def of_query(given: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a batch from an address, objects as JSON. Raises Invalid."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        try:
            found[name] = json.loads(value) if value.startswith("{") else value
        except ValueError as error:
            raise invalid([FieldError(name, "Must be a JSON object.")]) from error
    return found
