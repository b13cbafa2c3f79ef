"""Spans of jobs and calls by the conventions for generative AI, without a word of what was asked or answered."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from inference.choices import ProviderName, Task
from inference.providers.base import Usage
from inference.runner import tracing
from tests import factories
from tests.simulators.llm import CACHED

pytestmark = pytest.mark.django_db
SECRET = "Nobody may read this."


@pytest.fixture
def exporter(settings, monkeypatch) -> InMemorySpanExporter:
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings.TRACING = True
    monkeypatch.setattr(tracing, "_tracer", lambda: provider.get_tracer("test"))
    return exporter


def job_of(provider: ProviderName, prompt: str, **given):
    return factories.JobFactory(
        task=Task.GENERATE, input={"prompt": prompt, **given}, provider=provider, model="sim"
    )


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_call_is_a_span_below_its_jobs(run, llm, exporter, provider):
    job = job_of(ProviderName(provider), f"{SECRET} @sim tokens=3", max_tokens=9, temperature=0.5)

    run(job)

    call, whole = exporter.get_finished_spans()
    assert (call.name, call.kind, whole.name, whole.kind) == (
        "chat sim", SpanKind.CLIENT, "job generate", SpanKind.CONSUMER,
    )  # fmt: skip
    assert call.parent.span_id == whole.context.span_id
    found = dict(call.attributes)
    assert isinstance(found.pop("plumbline.first_token_ms"), int)
    assert found == {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": provider, "gen_ai.system": provider,
        "gen_ai.request.model": "sim", "gen_ai.response.model": "sim", "gen_ai.request.max_tokens": 9,
        "gen_ai.request.temperature": 0.5, "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 11 + CACHED, "gen_ai.usage.output_tokens": 3,
        "server.address": "127.0.0.1", "server.port": llm.port,
    }  # fmt: skip
    assert whole.attributes["plumbline.job.id"] == str(job.pk)
    assert whole.start_time <= call.start_time <= call.end_time <= whole.end_time
    assert SECRET not in call.to_json() + whole.to_json()


def test_what_failed_says_with_what(exporter):
    now = timezone.now()
    failed = factories.call_record(None, error_code="overloaded", error_message=SECRET, finish_reason=None)
    went_well = factories.call_record(Usage(3, 2), started_at=now, finished_at=now + timedelta(seconds=2))

    tracing.report(factories.JobFactory.build(pk=None), [went_well, failed])

    first, second, whole = exporter.get_finished_spans()
    assert [span.status.status_code for span in (first, second, whole)] == [
        StatusCode.UNSET, StatusCode.ERROR, StatusCode.ERROR,
    ]  # fmt: skip
    assert second.attributes["error.type"] == "overloaded"
    assert first.end_time - first.start_time == 2_000_000_000
    assert SECRET not in second.to_json()


def test_off_there_is_nothing_and_nothing_is_imported(exporter, settings):
    settings.TRACING = False
    tracing.report(factories.JobFactory.build(), [factories.call_record(None)])
    assert exporter.get_finished_spans() == ()

    code = (
        "import sys, json, os, django;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup();"
        "import inference.runner.runner, inference.tasks;"
        "print(json.dumps([name for name in sys.modules if name.startswith('opentelemetry')]))"
    )
    answer = subprocess.run(
        (sys.executable, "-c", code), cwd=settings.ROOT, capture_output=True, check=True, text=True
    )
    # The client of Redis looks for OpenTelemetry's metrics itself, where they are installed.
    found = [name for name in json.loads(answer.stdout.splitlines()[-1]) if "metrics" not in name]
    assert [name for name in found if name.startswith(("opentelemetry.exporter", "opentelemetry.sdk.trace"))] == []


@pytest.mark.parametrize(("given", "name"), [({"OTEL_SERVICE_NAME": "ours"}, "ours"), ({}, "plumbline")])
def test_where_nobody_has_set_it_up_the_standard_variables_hold(settings, monkeypatch, given, name):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    settings.TRACING = True
    tracing._tracer.cache_clear()
    made: list[TracerProvider] = []
    monkeypatch.setattr(TracerProvider, "get_tracer", lambda self, name: made.append(self))

    tracing._tracer()

    (provider,) = made
    assert provider.resource.attributes["service.name"] == name
    provider.shutdown()
    tracing._tracer.cache_clear()
