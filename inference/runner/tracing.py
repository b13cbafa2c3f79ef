"""Jobs and their calls as OpenTelemetry spans, by the semantic conventions for generative AI, without any text.

Off unless PLUMBLINE_TRACING is set; nothing of OpenTelemetry is imported here then. Where spans go, the standard
variables say (OTEL_EXPORTER_OTLP_ENDPOINT and others).
"""

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from inference import configuration
from inference.choices import ProviderName
from inference.models import Job
from inference.services.outcomes import CallRecord

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = {ProviderName.BUILTIN: "plumbline.builtin"}


def report(job: Job, calls: Sequence[CallRecord]) -> None:
    """The spans of one attempt: the job's, and one below it for each call."""
    if settings.TRACING and calls:
        trace(_tracer(), job, calls)


def trace(tracer: "Tracer", job: Job, calls: Sequence[CallRecord]) -> None:
    """All is known when it is over, so the spans are made then, with the times at which it was."""
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context  # noqa: PLC0415 (an extra)

    whole = tracer.start_span(
        f"job {job.task}", kind=SpanKind.CONSUMER, attributes=_of_job(job), start_time=_ns(calls[0].started_at)
    )
    inside = set_span_in_context(whole)
    for call in calls:
        span = tracer.start_span(
            f"chat {call.model}",
            inside,
            kind=SpanKind.CLIENT,
            attributes=_of_call(job, call),
            start_time=_ns(call.started_at),
        )
        if call.error_code:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_ns(call.finished_at))
    if calls[-1].error_code:
        whole.set_attribute("error.type", calls[-1].error_code)
        whole.set_status(Status(StatusCode.ERROR))
    whole.end(_ns(calls[-1].finished_at))


def _of_job(job: Job) -> dict[str, Any]:
    return {
        "plumbline.job.id": str(job.pk),
        "plumbline.job.task": job.task,
        "plumbline.job.attempt": job.fence,
        "plumbline.organization.id": job.organization_id,
        **({"plumbline.project.id": job.project_id} if job.project_id else {}),
    }


def _of_call(job: Job, call: CallRecord) -> dict[str, Any]:
    name = _NAMES.get(call.provider, call.provider.value)
    usage = call.usage
    known: Mapping[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": name,
        "gen_ai.system": name,  # as it was called before
        "gen_ai.request.model": job.asked_model or call.model,
        "gen_ai.request.max_tokens": job.input.get("max_tokens"),
        "gen_ai.request.temperature": job.input.get("temperature"),
        "gen_ai.response.model": call.model,
        "gen_ai.response.finish_reasons": [call.finish_reason.value] if call.finish_reason else None,
        "gen_ai.usage.input_tokens": usage.tokens_input if usage else None,
        "gen_ai.usage.output_tokens": usage.tokens_output if usage else None,
        "plumbline.first_token_ms": _milliseconds(call),
        "error.type": call.error_code or None,
        **_address(call),
    }
    return {name: value for name, value in known.items() if value is not None}


def _address(call: CallRecord) -> dict[str, Any]:
    """Nothing for a customer's own server: its address is theirs."""
    if call.provider is ProviderName.BUILTIN or call.credential_id is not None:
        return {}
    parts = urlsplit(configuration.endpoint(call.provider).base_url)
    return {"server.address": parts.hostname, "server.port": parts.port}


def _milliseconds(call: CallRecord) -> int | None:
    if call.first_token_at is None:
        return None
    return (call.first_token_at - call.started_at) // timedelta(milliseconds=1)


def _ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


@functools.cache
def _tracer() -> "Tracer":
    """Of who has set OpenTelemetry up in this process, else of our own provider."""
    from opentelemetry import trace as api  # noqa: PLC0415 (an extra)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = api.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        resource = Resource.create()
        if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: "plumbline"}))
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("plumbline.inference")
