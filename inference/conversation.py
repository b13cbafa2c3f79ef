"""What a language model is sent and what it says, in one form for every provider. No Django here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from inference.choices import FinishReason

Role = Literal["user", "assistant", "tool"]

# What an image is taken to be, in tokens: more than the large models count for one, at whatever size.
IMAGE_TOKENS = 5_000
# What models put around what they are sent: each message and function, and all functions together.
_AROUND_ONE, _AROUND_TOOLS = 16, 1_000
# Of a usual text, in bytes.
_BYTES_A_TOKEN = 4


def made_storable(text: str) -> str:
    """What a provider says, as a database holds it: no NUL, no half of a character, as a token may be."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a function called; `arguments` is JSON as the model wrote it, valid or not."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `content` is text, or parts as OpenAI has them: `{"type": "text", …}`, `{"type": "image_url", …}`.

    A tool's answer names the call that it answers.
    """

    role: Role
    content: str | list[dict[str, Any]]
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""

    @property
    def text(self) -> str:
        """Its text alone, parts one after another."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(str(part.get("text", "")) for part in self.content)

    @property
    def images(self) -> int:
        return (
            0 if isinstance(self.content, str) else sum(part.get("type") == "image_url" for part in self.content)
        )


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request to a model. None leaves a limit or a parameter to the provider.

    `system` is ours or the caller's own words, never text of events or of the caller's users. `tools`,
    `tool_choice`, `parallel_tool_calls` and `response_format` are as OpenAI's chat completions have them. `schema`
    is a JSON Schema that the answer is to keep to, where the model can. `logprobs` is how many likely tokens to
    name at each place. `extra` goes to an OpenAI-compatible provider as it is.
    """

    messages: tuple[Message, ...]
    system: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    response_format: Mapping[str, Any] | None = None
    schema: Mapping[str, Any] | None = None
    logprobs: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, user: str, **more: Any) -> "Prompt":
        """One message of a user."""
        return cls((Message("user", user),), **more)

    def continued(self, *messages: Message) -> "Prompt":
        """The same with more turns."""
        return replace(self, messages=(*self.messages, *messages))

    @property
    def text(self) -> str:
        """All that the model reads as text, to estimate its tokens from."""
        calls = (f"{call.name} {call.arguments}" for message in self.messages for call in message.tool_calls)
        given = (
            json.dumps(part, ensure_ascii=False)
            for part in (*self.tools, self.response_format, self.schema, self.extra)
            if part
        )
        said = (self.system, *(message.text for message in self.messages), *calls, *given)
        return "\n".join(filter(None, said))

    @property
    def most_read(self) -> int:
        """More tokens than any model counts for it: one for each byte of text, and what stands around it."""
        return len(self.text.encode()) + self._beside

    @property
    def likely_read(self) -> int:
        """About how many tokens a model counts for it, as far as it can be said without its own tokenizer."""
        return -(-len(self.text.encode()) // _BYTES_A_TOKEN) + self._images // 4

    @property
    def _images(self) -> int:
        return IMAGE_TOKENS * sum(message.images for message in self.messages)

    @property
    def _beside(self) -> int:
        parts = len(self.messages) + len(self.tools) + sum(len(message.tool_calls) for message in self.messages)
        tools = _AROUND_TOOLS if self.tools or self.schema is not None else 0
        return parts * _AROUND_ONE + tools + self._images


@dataclass(frozen=True, slots=True)
class TokenChance:
    """A token that was written, and the natural logarithms of the chances of the likely ones in its place."""

    token: str
    logprob: float
    likely: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer of a model."""

    text: str
    finish_reason: FinishReason
    tool_calls: tuple[ToolCall, ...] = ()
    chances: tuple[TokenChance, ...] = ()
