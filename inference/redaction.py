"""Personal data is taken out of what a provider is sent, and put back into what it answers. No Django here.

    box = Redactor(["email"])
    box.text("Write to ada@example.com")        # "Write to [EMAIL_1]"
    box.restored("I wrote to [EMAIL_1].")       # "I wrote to ada@example.com."

The same value has the same placeholder, as long as the box lives. What looks like a placeholder in a text that
comes in is nobody's, and its number is given to nothing else. What is found is in `inference.personal`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from inference.choices import Personal
from inference.conversation import Message, Prompt, ToolCall
from inference.personal import find

_PLACEHOLDER = re.compile(r"\[(?:EMAIL|PHONE|CARD)_[1-9]\d{0,8}\]")
# The end of a text that the next piece may make a placeholder.
_BEGUN = re.compile(r"\[(?:[A-Z]{0,5}|(?:EMAIL|PHONE|CARD)_\d{0,9})\Z")


class Redactor:
    """What stands for what, in both directions; `values` is {placeholder: what it stands for}."""

    def __init__(self, kinds: Iterable[str], values: Mapping[str, str] | None = None) -> None:
        self.kinds = tuple(sorted(Personal(kind) for kind in kinds))
        self.values = dict(values or {})
        self._names = {value: name for name, value in self.values.items()}
        self._taken: set[str] = set()
        self._counts = dict.fromkeys(Personal, 0)

    def note(self, text: str) -> None:
        """What looks like a placeholder in a text of somebody else is given to nothing, from now on."""
        self._taken.update(name for name in _PLACEHOLDER.findall(text) if name not in self.values)

    def text(self, text: str) -> str:
        """The text with placeholders for what is personal in it."""
        self.note(text)
        parts, end = [], 0
        for found in find(text, self.kinds):
            parts += [text[end : found.start], self._name(found.kind, text[found.start : found.end])]
            end = found.end
        return "".join((*parts, text[end:])) if parts else text

    def restored(self, text: str) -> str:
        """The text with what its placeholders stand for."""
        return _PLACEHOLDER.sub(lambda match: self.values.get(match[0], match[0]), text)

    def data(self, value: Any) -> Any:
        """JSON, with placeholders in its texts; a number that is personal becomes a text."""
        match value:
            case str():
                return self.text(value)
            case bool() | None:
                return value
            case int():
                redacted = self.text(str(value))
                return value if redacted == str(value) else redacted
            case Mapping():
                return {self.text(str(name)): self.data(item) for name, item in value.items()}
            case list() | tuple():
                return [self.data(item) for item in value]
        return value

    def prompt(self, prompt: Prompt) -> Prompt:
        """The whole prompt as a provider may see it. Addresses and data of images stay as they are."""
        self.note(prompt.text)
        return replace(
            prompt,
            system=self.text(prompt.system),
            messages=tuple(map(self._message, prompt.messages)),
            stop=tuple(map(self.text, prompt.stop)),
            tools=tuple(map(self.data, prompt.tools)),
            response_format=self.data(prompt.response_format),
            schema=self.data(prompt.schema),
            extra=self.data(prompt.extra),
        )

    def call(self, call: ToolCall) -> ToolCall:
        """A call of the model's, with its arguments as they are meant."""
        return replace(call, arguments=self.restored(call.arguments))

    def _message(self, message: Message) -> Message:
        calls = tuple(replace(call, arguments=self._arguments(call.arguments)) for call in message.tool_calls)
        return replace(message, content=self._content(message.content), tool_calls=calls)

    def _content(self, content: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
        if isinstance(content, str):
            return self.text(content)
        return [{**part, "text": self.text(str(part["text"]))} if "text" in part else part for part in content]

    def _arguments(self, arguments: str) -> str:
        try:
            found = json.loads(arguments)
        except ValueError:
            return self.text(arguments)
        redacted = self.data(found)
        return arguments if redacted == found else json.dumps(redacted, ensure_ascii=False)

    def _name(self, kind: Personal, value: str) -> str:
        if value not in self._names:
            name = self._next(kind)
            while name in self._taken or name in self.values:
                name = self._next(kind)
            self._names[value], self.values[name] = name, value
        return self._names[value]

    def _next(self, kind: Personal) -> str:
        self._counts[kind] += 1
        return f"[{kind.name}_{self._counts[kind]}]"


class Restorer:
    """Puts back what placeholders stand for in a text that comes in pieces.

    The end of a piece that may be the beginning of a placeholder is kept back until it is known.
    """

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self.kept = ""

    def feed(self, piece: str) -> str:
        """What can be said now; may be empty."""
        text = self.kept + piece
        begun = _BEGUN.search(text)
        self.kept = text[begun.start() :] if begun else ""
        return self.redactor.restored(text[: len(text) - len(self.kept)])

    def rest(self) -> str:
        """What is left when nothing more comes."""
        kept, self.kept = self.kept, ""
        return self.redactor.restored(kept)
