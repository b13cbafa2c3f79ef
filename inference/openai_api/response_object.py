"""The `response` object, made from a chat job; and what the next Response takes over from it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from inference.choices import FinishReason, Status
from inference.kinds.chat import AskedCall, AsResponse, ChatInput, FunctionCall, Turn
from inference.openai_api.answer import Answer, Usage, with_bytes

_PREFIX = "resp_"
_STATUSES = {
    Status.QUEUED: "queued",
    Status.RUNNING: "in_progress",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.EXPIRED: "failed",
}
# The few codes that the API has for a Response that failed, by the codes of its errors.
_ERRORS = {
    "rate_limit_exceeded": "rate_limit_exceeded",
    "context_length_exceeded": "invalid_prompt",
    "content_filter": "invalid_prompt",
}


def id_of(job_id: UUID) -> str:
    return f"{_PREFIX}{job_id.hex}"


def job_of(response_id: str) -> UUID | None:
    """None for what is no id of a Response."""
    text = response_id.removeprefix(_PREFIX)
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if id_of(found) == response_id else None


def response(answer: Answer) -> dict[str, Any]:
    """How it stands."""
    given = ChatInput.model_validate(answer.input)
    asked = given.response or AsResponse()
    fault = answer.fault if answer.finished_at and answer.status != Status.CANCELLED else None
    error = {"code": _ERRORS.get(fault.code or "", "server_error"), "message": fault.message} if fault else None
    was_cut = answer.finish_reason == FinishReason.LENGTH
    return {
        "id": id_of(answer.job_id),
        "object": "response",
        "created_at": int(answer.created_at.timestamp()),
        "completed_at": int(answer.finished_at.timestamp()) if answer.finished_at else None,
        "status": "incomplete" if was_cut else _STATUSES[answer.status],
        "background": asked.background,
        "error": error,
        "incomplete_details": {"reason": "max_output_tokens"} if was_cut else None,
        "model": answer.model,
        "output": output(answer) if answer.finished_at else [],
        "usage": _usage(answer.usage),
        "previous_response_id": asked.previous,
        "store": asked.store,
        "metadata": dict(answer.metadata),
        "truncation": "disabled",
        **_parameters(given, instructed=asked.instructed),
    }


def _parameters(given: ChatInput, *, instructed: bool) -> dict[str, Any]:
    effort = given.extra.get("reasoning_effort")
    return {
        "instructions": given.messages[0].content if instructed else None,
        "max_output_tokens": given.max_tokens,
        "temperature": given.temperature,
        "top_p": given.top_p,
        "top_logprobs": given.logprobs,
        "tools": [{"type": "function", "strict": None, **tool.function.model_dump()} for tool in given.tools],
        "tool_choice": _choice(given.tool_choice),
        "parallel_tool_calls": given.parallel_tool_calls is not False,
        "text": {"format": _format(given.response_format)},
        "reasoning": {"effort": effort, "summary": None},
    }


def output(answer: Answer) -> list[dict[str, Any]]:
    """A message where anything was said, then a call for each function that is to be called."""
    status = "completed" if answer.finish_reason in {FinishReason.STOP, FinishReason.TOOL_CALLS} else "incomplete"
    said = [message(answer, status)] if answer.text or not answer.tool_calls else []
    return said + [
        call(answer.job_id, index, given, status="completed") for index, given in enumerate(answer.tool_calls)
    ]


def message(answer: Answer, status: str) -> dict[str, Any]:
    content = text_part(answer.text, logprobs=with_bytes(answer.logprobs))
    return {**opened_message(answer.job_id), "status": status, "content": [content]}


def opened_message(job_id: UUID) -> dict[str, Any]:
    """As it is announced, before anything was said."""
    message_id = f"msg_{job_id.hex}"
    return {"id": message_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}


def text_part(text: str, *, logprobs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}


def call(job_id: UUID, index: int, given: Mapping[str, Any], *, status: str) -> dict[str, Any]:
    return {
        "id": f"fc_{job_id.hex}{index}",
        "type": "function_call",
        "status": status,
        "call_id": given["id"],
        "name": given["name"],
        "arguments": given["arguments"],
    }


def turns_to_continue(answer: Answer) -> list[Turn]:
    """The conversation up to the end of this answer, without the instructions, which were its own."""
    given = ChatInput.model_validate(answer.input)
    before = given.messages[1:] if given.response and given.response.instructed else given.messages
    calls = [
        AskedCall(id=one["id"], function=FunctionCall(name=one["name"], arguments=one["arguments"]))
        for one in answer.tool_calls
    ]
    return [*before, Turn(role="assistant", content=answer.text or (None if calls else ""), tool_calls=calls)]


def _choice(choice: Any) -> Any:
    if choice is None or isinstance(choice, str):
        return choice or "auto"
    return {"type": "function", "name": choice.function.name}


def _format(given: dict[str, Any] | None) -> dict[str, Any]:
    if given is None:
        return {"type": "text"}
    return {"type": given["type"], **given.get("json_schema", {})}


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    """None until the provider has said."""
    if usage is None:
        return None
    return {
        "input_tokens": usage.tokens_input,
        "input_tokens_details": {"cached_tokens": usage.tokens_cached, "cache_write_tokens": 0},
        "output_tokens": usage.tokens_output,
        "output_tokens_details": {"reasoning_tokens": usage.tokens_reasoning},
        "total_tokens": usage.tokens_input + usage.tokens_output,
    }
