"""A conversation, continued. Its input is that of OpenAI's chat completions, as far as every provider has it."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from inference.choices import Task
from inference.conversation import Message, Prompt, ToolCall
from inference.kinds.base import AnyText, Ask, Bound, Done, Json, Size, Strict

_MOST_MESSAGES = 2_000
_MOST_TOOLS = 128
# What the provider is told by fields of their own, or must not be told: an answer is priced by these.
_OURS = (
    *("model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "tools"),
    *("tool_choice", "parallel_tool_calls", "response_format", "logprobs", "top_logprobs", "n", "stream"),
    *("stream_options", "functions", "function_call", "best_of"),
)


class FunctionCall(Strict):
    name: AnyText = Field(min_length=1, max_length=200)
    arguments: AnyText = "{}"


class AskedCall(Strict):
    id: AnyText = Field(min_length=1, max_length=200)
    type: Literal["function"] = "function"
    function: FunctionCall


class ImageUrl(Strict):
    # An address, or the image itself as a data: URL.
    url: str = Field(min_length=1, max_length=20_000_000)
    detail: Literal["auto", "low", "high"] = "auto"


class TextPart(Strict):
    type: Literal["text"]
    text: AnyText


class ImagePart(Strict):
    type: Literal["image_url"]
    image_url: ImageUrl


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]


class Turn(Strict):
    """One message. `system` and `developer` say how to answer; `tool` answers one of the assistant's calls."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: AnyText | list[Part] | None = None
    name: AnyText | None = Field(default=None, max_length=100)
    tool_calls: list[AskedCall] = Field(default=[])
    tool_call_id: AnyText = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _fits_its_role(self) -> Self:
        if self.content is None and not self.tool_calls:
            raise ValueError("A message has content, or the assistant's tool_calls.")
        if self.tool_calls and self.role != "assistant":
            raise ValueError("Only the assistant has tool_calls.")
        if (self.role == "tool") != bool(self.tool_call_id):
            raise ValueError("A message has a tool_call_id if, and only if, its role is tool.")
        return self


class Function(Strict):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: AnyText = ""
    parameters: Json = Field(default={})
    strict: bool | None = None


class Tool(Strict):
    type: Literal["function"]
    function: Function


class ChosenFunction(Strict):
    name: str = Field(min_length=1, max_length=64)


class ChosenTool(Strict):
    type: Literal["function"]
    function: ChosenFunction


class AsResponse(Strict):
    """How it was asked for through the Responses API (`inference.openai_api`); the model is sent nothing of it."""

    # The id of the response that this one continues.
    previous: str | None = Field(default=None, max_length=64)
    # The first message is the instructions, which hold for this response alone.
    instructed: bool = False
    background: bool = False
    store: bool = True


class ChatInput(Strict):
    """The turns so far, and how to continue them. Without a parameter, the provider's own default holds.

    `extra` holds parameters that only an OpenAI-compatible provider knows; they are sent to it as they are.
    """

    messages: list[Turn] = Field(min_length=1, max_length=_MOST_MESSAGES)
    max_tokens: int | None = Field(default=None, ge=1, le=128_000)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    stop: list[Annotated[AnyText, Field(min_length=1, max_length=500)]] = Field(default=[], max_length=4)
    tools: list[Tool] = Field(default=[], max_length=_MOST_TOOLS)
    tool_choice: Literal["auto", "none", "required"] | ChosenTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: Json | None = None
    logprobs: int = Field(default=0, ge=0, le=20)
    extra: Json = Field(default={})
    response: AsResponse | None = None

    @field_validator("extra")
    @classmethod
    def _is_extra(cls, given: dict[str, Any]) -> dict[str, Any]:
        if taken := [name for name in _OURS if name in given]:
            raise ValueError(f"Must not hold {', '.join(taken)}.")
        return given

    @field_validator("messages")
    @classmethod
    def _asks_something(cls, given: list[Turn]) -> list[Turn]:
        if all(turn.role in {"system", "developer"} for turn in given):
            raise ValueError("Has no message beside those of the system.")
        return given


class Chat:
    task = Task.CHAT
    input = ChatInput
    about = "Continue a conversation, with tools if wanted."
    result = None

    def bounds(self, given: ChatInput, size: Size) -> list[Bound]:  # noqa: ARG002 (one call, whatever its size)
        return [Bound.of(prompt_of(given))]

    async def run(self, given: ChatInput, ask: Ask) -> Done:
        return Done.by(await ask(prompt_of(given), aloud=True))


def prompt_of(given: ChatInput) -> Prompt:
    """What the model is sent: the system's words apart, in the order in which they stand."""
    choice = given.tool_choice
    wanted = given.response_format
    return Prompt(
        messages=tuple(_messages(given.messages)),
        system="\n\n".join(_text(turn) for turn in given.messages if turn.role in {"system", "developer"}),
        max_tokens=given.max_tokens,
        temperature=given.temperature,
        top_p=given.top_p,
        stop=tuple(given.stop),
        tools=tuple(tool.model_dump(mode="json", exclude_unset=True) for tool in given.tools),
        tool_choice=choice.model_dump(mode="json") if isinstance(choice, ChosenTool) else choice,
        parallel_tool_calls=given.parallel_tool_calls,
        response_format=wanted,
        schema=_schema(wanted) if wanted else None,
        logprobs=given.logprobs,
        extra=given.extra,
    )


def _schema(wanted: dict[str, Any]) -> dict[str, Any] | None:
    """The same wish for a provider that knows schemas alone."""
    match wanted:
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
        case {"type": "json_object"}:
            return {"type": "object"}
    return None


def _messages(turns: Iterable[Turn]) -> Iterable[Message]:
    for turn in turns:
        if turn.role == "system" or turn.role == "developer":  # noqa: PLR1714 (mypy does not see it in a set)
            continue
        content = turn.content
        parts = [part.model_dump(mode="json") for part in content] if isinstance(content, list) else content or ""
        calls = tuple(ToolCall(call.id, call.function.name, call.function.arguments) for call in turn.tool_calls)
        yield Message(turn.role, parts, calls, turn.tool_call_id)


def _text(turn: Turn) -> str:
    if isinstance(turn.content, list):
        return "\n".join(part.text for part in turn.content if isinstance(part, TextPart))
    return turn.content or ""
