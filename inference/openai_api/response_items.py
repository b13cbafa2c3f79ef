"""The items that a Response is given as its input, and the turns of a chat that they stand for."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field
from pydantic import Tag as Called

from inference.kinds.base import AnyText, Strict
from inference.kinds.chat import AskedCall, FunctionCall, ImagePart, ImageUrl, Part, TextPart, Turn
from inference.openai_api.parameters import Open


class InputText(Open):
    type: Literal["input_text", "output_text"]
    text: AnyText

    def part(self) -> Part:
        return TextPart(type="text", text=self.text)


class InputImage(Open):
    type: Literal["input_image"]
    image_url: str = Field(min_length=1, max_length=20_000_000)
    detail: Literal["auto", "low", "high"] = "auto"

    def part(self) -> Part:
        return ImagePart(type="image_url", image_url=ImageUrl(url=self.image_url, detail=self.detail))


Content = AnyText | list[Annotated[InputText | InputImage, Field(discriminator="type")]]


class MessageItem(Open):
    """As the caller writes it, or as it stood in the output of an earlier Response."""

    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: Content

    def turn(self) -> Turn:
        return Turn(role=self.role, content=_content(self.content))


class CallItem(Open):
    type: Literal["function_call"]
    call_id: AnyText = Field(min_length=1, max_length=200)
    name: AnyText = Field(min_length=1, max_length=200)
    arguments: AnyText

    def asked(self) -> AskedCall:
        return AskedCall(id=self.call_id, function=FunctionCall(name=self.name, arguments=self.arguments))


class CallOutputItem(Open):
    type: Literal["function_call_output"]
    call_id: AnyText = Field(min_length=1, max_length=200)
    output: Content

    def turn(self) -> Turn:
        return Turn(role="tool", content=_content(self.output), tool_call_id=self.call_id)


class ReasoningItem(Open):
    """How another service thought; the models here are not sent it."""

    type: Literal["reasoning"]


def _kind(item: Any) -> str:
    found = item.get("type") if isinstance(item, dict) else getattr(item, "type", None)
    return str(found or "message")


Item = Annotated[
    Annotated[MessageItem, Called("message")]
    | Annotated[CallItem, Called("function_call")]
    | Annotated[CallOutputItem, Called("function_call_output")]
    | Annotated[ReasoningItem, Called("reasoning")],
    Discriminator(
        _kind,
        custom_error_type="unknown_item",
        custom_error_message="One of message, function_call, function_call_output, reasoning.",
    ),
]


def turns(given: str | Iterable[Item]) -> list[Turn]:
    """The turns in order; calls belong to the assistant's turn before them."""
    if isinstance(given, str):
        return [Turn(role="user", content=given)]
    found: list[Turn] = []
    for item in given:
        match item:
            case CallItem():
                before = found.pop() if found and found[-1].role == "assistant" else None
                found.append(_asking(before, item.asked()))
            case MessageItem() | CallOutputItem():
                found.append(item.turn())
    return found


def _asking(before: Turn | None, call: AskedCall) -> Turn:
    earlier = before.tool_calls if before else []
    return Turn(role="assistant", content=before.content if before else None, tool_calls=[*earlier, call])


def _content(given: Content) -> str | list[Part]:
    return given if isinstance(given, str) else [one.part() for one in given]


class ToolOfResponse(Strict):
    """A function that can be called; the hosted tools of OpenAI are not here."""

    type: Literal["function"]
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: AnyText | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ChosenOfResponse(Strict):
    type: Literal["function"]
    name: str = Field(min_length=1, max_length=64)
