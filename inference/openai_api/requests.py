"""The body of `POST /v1/chat/completions`, and the input of a chat job that it stands for."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from inference.inputs import Metadata
from inference.kinds.base import AnyText
from inference.kinds.chat import ChatInput, ChosenTool, Tool, Turn
from inference.openai_api.parameters import JsonFormat, JsonSchema, Open, TextFormat, wanted

ModelName = Annotated[AnyText, Field(min_length=1, max_length=200)]
MostTokens = Annotated[int, Field(ge=1, le=128_000)]
Chances = Annotated[int, Field(ge=0, le=20)]


class Message(Turn):
    """One message. Answers can be sent back as an SDK holds them, with fields that are of no use to a model."""

    @model_validator(mode="before")
    @classmethod
    def _as_sent_back(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("role") != "assistant":
            return given
        kept = {name: given[name] for name in ("role", "content", "name") if given.get(name) is not None}
        if calls := given.get("tool_calls"):
            kept["tool_calls"] = [_call(call) for call in calls] if isinstance(calls, list) else calls
        return kept


class JsonSchemaFormat(Open):
    type: Literal["json_schema"]
    json_schema: JsonSchema


Format = Annotated[TextFormat | JsonFormat | JsonSchemaFormat, Field(discriminator="type")]


class StreamOptions(Open):
    include_usage: bool | None = False


class ChatCompletionRequest(Open):
    """Other parameters go to an OpenAI-compatible provider as they are; for others they are refused by name."""

    model: ModelName
    messages: list[Message]
    max_tokens: MostTokens | None = Field(default=None, description="The older name of `max_completion_tokens`.")
    max_completion_tokens: MostTokens | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: AnyText | list[AnyText] | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["auto", "none", "required"] | ChosenTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: Format | None = None
    logprobs: bool | None = None
    top_logprobs: Chances | None = None
    n: int | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    metadata: Metadata | None = None
    store: bool | None = Field(default=None, description="Without effect: what is kept is the project's own rule.")
    functions: list[Any] | None = Field(default=None, description="Use `tools`.")
    function_call: Any = Field(default=None, description="Use `tool_choice`.")

    @field_validator("n")
    @classmethod
    def _one(cls, given: int | None) -> int | None:
        if given not in {None, 1}:
            raise ValueError("Only 1 answer at a time is supported.")
        return given

    @field_validator("functions", "function_call")
    @classmethod
    def _gone(cls, given: Any) -> None:
        if given is not None:
            raise ValueError("Not supported: use 'tools' and 'tool_choice'.")

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def input(self) -> ChatInput:
        """Raises ValidationError for what no chat may hold."""
        formatted = self.response_format
        return ChatInput(
            messages=[*self.messages],
            max_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            stop=[self.stop] if isinstance(self.stop, str) else self.stop or [],
            tools=self.tools or [],
            tool_choice=self.tool_choice,
            parallel_tool_calls=self.parallel_tool_calls,
            response_format=formatted.model_dump(by_alias=True, exclude_unset=True) if formatted else None,
            logprobs=max(1, self.top_logprobs or 0) if self.logprobs else 0,
            extra=wanted(self.model_extra or {}),
        )


def _call(call: Any) -> Any:
    """Without what SDKs add: its place, and its arguments parsed."""
    if not isinstance(call, dict) or not isinstance(call.get("function"), dict):
        return call
    function = {name: value for name, value in call["function"].items() if name in {"name", "arguments"}}
    return {"id": call.get("id", ""), "type": call.get("type", "function"), "function": function}
