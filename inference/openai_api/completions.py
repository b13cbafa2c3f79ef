"""`chat.completion`, and the same in `chat.completion.chunk`s as it is written."""

from collections.abc import Mapping
from typing import Any

import msgspec

from inference.entries import Event
from inference.openai_api.answer import Answer, Usage, with_bytes
from inference.openai_api.errors import Fault

_DONE = b"data: [DONE]\n\n"


def head(answer: Answer) -> dict[str, Any]:
    """What an answer and each of its chunks begin with."""
    created = int(answer.created_at.timestamp())
    return {"id": f"chatcmpl-{answer.job_id.hex}", "created": created, "model": answer.model}


def completion(answer: Answer) -> dict[str, Any]:
    """The whole answer of a job that succeeded."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.tool_calls:
        message["content"] = answer.text or None
        message["tool_calls"] = [_called(call) for call in answer.tool_calls]
    choice = {"index": 0, "message": message, "logprobs": _logprobs(answer), "finish_reason": answer.finish_reason}
    return {
        **head(answer),
        "object": "chat.completion",
        "choices": [choice],
        "usage": _usage(answer.usage),
        "system_fingerprint": None,
    }


class Chunks:
    """The stream of one completion, the role first; each piece as it goes over the wire."""

    def __init__(self, head: Mapping[str, Any], *, include_usage: bool) -> None:
        self.head = {**head, "object": "chat.completion.chunk", "system_fingerprint": None}
        self.include_usage = include_usage

    def begin(self) -> bytes:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def take(self, event: Event) -> bytes:
        """What a piece of text says to the client."""
        return self._chunk({"content": event.data["text"]}) if event.name == "token" else b""

    def is_stale(self, event: Event) -> bool:
        """Whether the client holds text of an earlier attempt, which cannot be unsaid."""
        return event.name == "restart"

    def end(self, answer: Answer) -> bytes:
        """The calls of tools, each whole, why it ended, and what it took if asked for."""
        if answer.fault:
            return self.broken(answer.fault)
        calls = (
            self._chunk({"tool_calls": [{"index": index, **_called(call)}]})
            for index, call in enumerate(answer.tool_calls)
        )
        last = self._chunk({}, finish_reason=answer.finish_reason, logprobs=_logprobs(answer))
        usage = self._encode({"choices": [], "usage": _usage(answer.usage)}) if self.include_usage else b""
        return b"".join(calls) + last + usage + _DONE

    def broken(self, fault: Fault) -> bytes:
        """The end of an answer that is not whole: an error, and no `[DONE]`."""
        return self._chunk({}, finish_reason="error", error=fault.body["error"])

    def _chunk(
        self,
        delta: Mapping[str, Any],
        *,
        finish_reason: str | None = None,
        logprobs: dict[str, Any] | None = None,
        **more: Any,
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        usage = {"usage": None} if self.include_usage else {}
        return self._encode({"choices": [choice], **usage, **more})

    def _encode(self, body: Mapping[str, Any]) -> bytes:
        return b"data: %s\n\n" % msgspec.json.encode({**self.head, **body})


def _called(call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": call["arguments"]}
    return {"id": call["id"], "type": "function", "function": function}


def _logprobs(answer: Answer) -> dict[str, Any] | None:
    return {"content": with_bytes(answer.logprobs), "refusal": None} if answer.logprobs else None


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    """None where the provider did not say."""
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.tokens_input,
        "completion_tokens": usage.tokens_output,
        "total_tokens": usage.tokens_input + usage.tokens_output,
        "prompt_tokens_details": {"cached_tokens": usage.tokens_cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.tokens_reasoning, "audio_tokens": 0},
    }
