"""A prompt in the form of Anthropic's Messages API. No network here."""

import json
from typing import Any

from inference.conversation import Message, Prompt
from inference.providers import base

# The API demands a limit; this is the one where a job names none.
DEFAULT_MAX_TOKENS = 4096
# The tool whose arguments are the answer, where that is to keep to a schema.
_ANSWER = "answer"
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def parameters(call: base.Call) -> dict[str, Any]:
    """The body of a request for a stream."""
    prompt = call.prompt
    optional = {
        "system": prompt.system or None,
        "stop_sequences": list(prompt.stop) or None,
        "tools": _tools(prompt) or None,
        "tool_choice": _choice(prompt),
        # Models that still know these take them, others say that they do not.
        "temperature": prompt.temperature,
        "top_p": prompt.top_p,
    }
    return {
        "model": call.model,
        "max_tokens": prompt.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": _messages(prompt.messages),
        "stream": True,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Answers of tools are turns of the user here, and those that follow one another are one turn."""
    found: list[dict[str, Any]] = []
    for message in messages:
        role, content = _turn(message)
        if found and found[-1]["role"] == role == "user" and message.role == "tool":
            found[-1]["content"] += content
        else:
            found.append({"role": role, "content": content})
    return found


def _turn(message: Message) -> tuple[str, Any]:
    if message.role == "tool":
        answer = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}
        return "user", [answer]
    if isinstance(message.content, str) and not message.tool_calls:
        return message.role, message.content
    parts = _parts(message)
    for call in message.tool_calls:
        parts.append({"type": "tool_use", "id": call.id, "name": call.name, "input": _object(call.arguments)})
    return message.role, parts


def _parts(message: Message) -> list[dict[str, Any]]:
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}] if message.content else []
    return [_image(part) if part.get("type") == "image_url" else dict(part) for part in message.content]


def _image(part: dict[str, Any]) -> dict[str, Any]:
    url = str(part["image_url"]["url"])
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    if data and url.startswith("data:"):
        return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}
    return {"type": "image", "source": {"type": "url", "url": url}}


def _object(arguments: str) -> Any:
    try:
        found = json.loads(arguments or "{}")
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"arguments": arguments}


def _tools(prompt: Prompt) -> list[dict[str, Any]]:
    tools = [
        {
            "name": tool["function"]["name"],
            "description": tool["function"].get("description", ""),
            "input_schema": tool["function"].get("parameters") or {"type": "object"},
        }
        for tool in prompt.tools
    ]
    if prompt.schema is not None:
        tools.append({"name": _ANSWER, "description": "The answer.", "input_schema": dict(prompt.schema)})
    return tools


def _choice(prompt: Prompt) -> dict[str, Any] | None:
    if prompt.schema is not None:
        return {"type": "tool", "name": _ANSWER}
    choice: dict[str, Any] | None = None
    if isinstance(prompt.tool_choice, str):
        choice = {"type": _CHOICES.get(prompt.tool_choice, "auto")}
    elif prompt.tool_choice is not None:
        choice = {"type": "tool", "name": prompt.tool_choice["function"]["name"]}
    if prompt.parallel_tool_calls is False and prompt.tools and choice != {"type": "none"}:
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return choice
