"""What a task is: a typed input, what it may cost at most, and how it is done by asking a model.

Adding one is a module here and its entry in `inference.kinds.KINDS`; the API, the page, the runner and docs take
it from there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from inference.choices import FinishReason, Task
from inference.conversation import Prompt, Reply, TokenChance, made_storable

# Characters. About 50,000 tokens.
LONGEST_TEXT = 200_000
# Of what is summarized, all texts together: about a million tokens, in parts where a model reads less at once.
LONGEST_TEXTS = 4_000_000


def storable(text: str) -> str:
    """The text, if PostgreSQL takes it; raises ValueError."""
    if "\x00" in text:
        raise ValueError("Holds a NUL character.")
    return text


def _storable_object(value: dict[str, Any]) -> dict[str, Any]:
    """As PostgreSQL holds it: no NUL, no infinity, no half of a character."""
    try:
        written = json.dumps(value, allow_nan=False, ensure_ascii=False)
        written.encode()
    except (ValueError, RecursionError) as error:
        raise ValueError("Holds a number or a character that JSON does not have.") from error
    if "\\u0000" in written:
        raise ValueError("Holds a NUL character.")
    return value


AnyText = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(storable)]
Text = Annotated[AnyText, Field(min_length=1, pattern=r"\S")]
LongText = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXTS, pattern=r"\S"), AfterValidator(storable)]
Json = Annotated[dict[str, Any], AfterValidator(_storable_object)]


class Strict(BaseModel):
    """Unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Given = TypeVar("Given", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Size:
    """What the model that will be asked reads and writes at most, in tokens, and what it can beside writing.

    `abilities` is None where nothing is known of the model: then it is tried.
    """

    context: int
    most_output: int
    abilities: frozenset[str] | None = None

    def can(self, ability: str) -> bool:
        return self.abilities is None or ability in self.abilities


@dataclass(frozen=True, slots=True)
class Bound:
    """No call of a task reads or writes more tokens than this (None: than its model can).

    A byte of text is one token at most. `about` is how many it is likely to read, where that is known better than
    as a part of `read`.
    """

    read: int
    written: int | None = None
    about: int | None = None

    @classmethod
    def of(cls, prompt: Prompt) -> "Bound":
        return cls(prompt.most_read, prompt.max_tokens, prompt.likely_read)

    @property
    def likely(self) -> int:
        """About how many tokens it reads."""
        return -(-self.read // 4) if self.about is None else self.about


@dataclass(frozen=True, slots=True)
class Done:
    """A task's answer: its text, and what stands beside it (labels, an object, tool calls, logprobs)."""

    text: str
    finish_reason: FinishReason
    result: dict[str, Any] | None = None

    @classmethod
    def by(cls, reply: Reply) -> "Done":
        calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in reply.tool_calls]
        chances = [_chance(one) for one in reply.chances]
        beside = {name: value for name, value in (("tool_calls", calls), ("logprobs", chances)) if value}
        return cls(reply.text, reply.finish_reason, beside or None)


def _chance(chance: TokenChance) -> dict[str, Any]:
    likely = [{"token": made_storable(token), "logprob": logprob} for token, logprob in chance.likely.items()]
    return {"token": made_storable(chance.token), "logprob": chance.logprob, "top_logprobs": likely}


class Ask(Protocol):
    """Asks the job's model; what is asked `aloud` goes to the stream as it comes, and must be the answer's text.

    Raises ProviderError where it fails for good; size is that of the model.
    """

    @property
    def size(self) -> Size: ...

    async def __call__(self, prompt: Prompt, *, aloud: bool = False) -> Reply: ...

    def say(self, text: str) -> None:
        """Put text into the stream that no model was asked for."""
        ...


class TaskFailed(Exception):
    """The model answered, and not as the task needs it: a stable code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Kind(Protocol, Generic[Given]):
    """One task."""

    task: Task
    input: type[Given]
    # In a few words, for people and for the API's schema.
    about: str

    @property
    def result(self) -> type[BaseModel] | None:
        """What stands beside the answer's text, where the task has such."""
        ...

    def bounds(self, given: Given, size: Size) -> Sequence[Bound]:
        """Every call that it may make, each at its largest."""
        ...

    async def run(self, given: Given, ask: Ask) -> Done:
        """Raises what `ask` raises, and TaskFailed."""
        ...
