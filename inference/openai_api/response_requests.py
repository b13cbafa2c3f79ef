"""The body of `POST /v1/responses`, and the input of a chat job that it stands for."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from inference.inputs import Metadata
from inference.kinds.base import AnyText
from inference.kinds.chat import AsResponse, ChatInput, ChosenFunction, ChosenTool, Function, Tool, Turn
from inference.openai_api.parameters import JsonFormat, JsonSchema, Open, TextFormat, refuse, required, wanted
from inference.openai_api.requests import Chances, ModelName, MostTokens
from inference.openai_api.response_items import ChosenOfResponse, Item, ToolOfResponse, turns

LOGPROBS = "message.output_text.logprobs"


class JsonSchemaOfText(JsonSchema):
    type: Literal["json_schema"]


class Text(Open):
    format: Annotated[TextFormat | JsonFormat | JsonSchemaOfText, Field(discriminator="type")] | None = None


class Reasoning(Open):
    effort: AnyText | None = None


class ResponseRequest(Open):
    """Parameters that are not here are refused by name."""

    model: ModelName
    input: AnyText | list[Item]
    instructions: AnyText | None = None
    max_output_tokens: MostTokens | None = None
    temperature: float | None = None
    top_p: float | None = None
    tools: list[ToolOfResponse] | None = None
    tool_choice: Literal["auto", "none", "required"] | ChosenOfResponse | None = None
    parallel_tool_calls: bool | None = None
    text: Text | None = None
    reasoning: Reasoning | None = None
    top_logprobs: Chances | None = None
    include: list[str] | None = None
    previous_response_id: AnyText | None = Field(default=None, max_length=64)
    metadata: Metadata | None = None
    store: bool | None = True
    stream: bool | None = False
    background: bool | None = False
    truncation: Literal["disabled"] | None = None
    stream_options: dict[str, Any] | None = None

    @field_validator("input")
    @classmethod
    def _says_something(cls, given: str | list[Item]) -> str | list[Item]:
        if not given:
            raise ValueError("Must not be empty.")
        return given

    def extra(self) -> dict[str, Any]:
        """What is sent on by the name that chat completions have for it."""
        effort = {"reasoning_effort": self.reasoning.effort} if self.reasoning and self.reasoning.effort else {}
        verbosity = (self.text.model_extra or {}).get("verbosity") if self.text else None
        return wanted({**(self.model_extra or {}), **effort, "verbosity": verbosity})

    def chat(self, earlier: Sequence[Turn] = ()) -> ChatInput:
        """`earlier`: the turns of the Response that this one continues. Raises Invalid and ValidationError."""
        if unknown := required(self.model_extra or {}):
            raise refuse(unknown[0], "This parameter is not supported here.")
        if self.background and self.store is False:
            raise refuse("background", "What runs in the background is stored: leave 'store' out.")
        instructions = [Turn(role="developer", content=self.instructions)] if self.instructions else []
        return ChatInput(
            messages=[*instructions, *earlier, *turns(self.input)],
            max_tokens=self.max_output_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            tools=[_tool(tool) for tool in self.tools or []],
            tool_choice=_choice(self.tool_choice),
            parallel_tool_calls=self.parallel_tool_calls,
            response_format=_format(self.text),
            logprobs=self.top_logprobs or (1 if LOGPROBS in (self.include or ()) else 0),
            extra=self.extra(),
            response=AsResponse(
                previous=self.previous_response_id,
                instructed=bool(instructions),
                background=bool(self.background),
                store=self.store is not False,
            ),
        )


def _tool(tool: ToolOfResponse) -> Tool:
    given = {name: value for name, value in tool.model_dump(exclude={"type"}).items() if value is not None}
    return Tool(type="function", function=Function(**given))


def _choice(choice: Any) -> Any:
    if isinstance(choice, ChosenOfResponse):
        return ChosenTool(type="function", function=ChosenFunction(name=choice.name))
    return choice


def _format(text: Text | None) -> dict[str, Any] | None:
    if text is None or text.format is None or text.format.type == "text":
        return None
    given = text.format.model_dump(by_alias=True, exclude_unset=True, exclude={"type"})
    kind = text.format.type
    return {"type": kind, kind: given} if kind == "json_schema" else {"type": kind}
