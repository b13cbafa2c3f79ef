"""The token stream's part of the OpenAPI document: REST framework does not serve it, so it cannot describe it."""

from typing import Any

from inference.inner import JOBS

_DESCRIPTION = """Server-sent events, from the beginning or from behind `Last-Event-ID`:

* `token` `{"text"}`: the next piece of the answer
* `restart` `{"attempt"}`: the job is run again, its text starts anew: forget what came before
* `tool_call` `{"index", "id", "name", "arguments"}`: a function that the model wants called, its arguments as JSON
* `usage` `{"tokens_input", "tokens_output"}`
* `done` `{"status", "length", "finish_reason", "tokens_input", "tokens_output", "result"}`: the end of a job that
  succeeded or was cancelled; `length` counts the characters of the whole answer
* `error` `{"status", "code", "message", …}`: the end of a job that failed or expired; what came before is not
  whole. With the code `content_removed`, the answer is not kept any more

A comment line comes every 15 seconds. After `done` or `error` the stream closes, and a client that comes again
with that event's id gets 204. Going away cancels nothing."""


def describe_stream(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular."""
    parameters = [
        {"in": "path", "name": "job_id", "required": True, "schema": {"type": "string", "format": "uuid"}},
        {"in": "header", "name": "Last-Event-ID", "schema": {"type": "string"}},
    ]
    content = {"text/event-stream": {"schema": {"type": "string"}}}
    result["paths"][f"{JOBS}{{job_id}}/stream/"] = {
        "get": {
            "operationId": "inference_jobs_stream",
            "summary": "A job's answer as it is written",
            "description": _DESCRIPTION,
            "tags": ["inference"],
            "parameters": parameters,
            "security": [{"secretKey": []}, {"cookieAuth": []}],
            "responses": {
                "200": {"description": "The stream", "content": content},
                "204": {"description": "The job's end has been seen; there is no more to come"},
            },
        }
    }
    return result
