"""What goes wrong reaches OpenAI's SDK as its own exceptions, and no cut answer ever looks whole."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import openai
import pytest

from accounts.permissions import Scope
from inference.choices import Status
from inference.models import Job
from tests.factories import SecretKeyFactory
from tests.inference.openai_api.conftest import KEY

pytestmark = pytest.mark.stack


def ask(client: openai.OpenAI, prompt: str = "@sim tokens=1", **more: Any) -> Any:
    given = {"model": "sim", "messages": [{"role": "user", "content": prompt}], **more}
    return client.chat.completions.create(**given)


def test_a_wrong_key(base_url, key) -> None:
    client = openai.OpenAI(base_url=base_url, api_key="pls_wrong")

    with client, pytest.raises(openai.AuthenticationError) as caught:
        ask(client)

    assert caught.value.code == "invalid_api_key"


def test_a_key_without_the_scope(base_url, key) -> None:
    SecretKeyFactory(organization=key.organization, text="pls_query", scopes=[Scope.QUERY])

    client = openai.OpenAI(base_url=base_url, api_key="pls_query")

    with client, pytest.raises(openai.PermissionDeniedError) as caught:
        ask(client)

    assert caught.value.code == "insufficient_permissions"


def test_a_key_over_its_limit(base_url, key) -> None:
    SecretKeyFactory(organization=key.organization, text="pls_few", scopes=[Scope.INFERENCE], requests_a_minute=1)
    client = openai.OpenAI(base_url=base_url, api_key="pls_few", max_retries=0)

    with client:
        ask(client)
        with pytest.raises(openai.RateLimitError) as caught:
            ask(client)

    assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "rate_limit_error")
    assert int(caught.value.response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("prompt", "expected", "status", "code"),
    [
        ("@sim fail=400", openai.BadRequestError, 400, None),
        ("@sim refuse=1 tokens=0", openai.BadRequestError, 400, "content_filter"),
        ("@sim fail=401", openai.InternalServerError, 502, "credentials"),
        ("@sim fail=429 retry_after=0", openai.RateLimitError, 429, "rate_limit_exceeded"),
        ("@sim fail=503 retry_after=0", openai.InternalServerError, 503, "overloaded"),
        ("@sim fail=500 retry_after=0", openai.InternalServerError, 502, "provider_failed"),
    ],
)
def test_a_fault_of_the_provider(client, simulator, prompt, expected, status, code, stream) -> None:
    simulator.attempts.clear()

    with pytest.raises(expected) as caught:
        ask(client, prompt, stream=stream, model=unheard_of())

    assert (caught.value.status_code, caught.value.code) == (status, code)
    # It was tried again here as often as may help: the SDK does not begin anew.
    job = Job.objects.get()
    assert caught.value.response.headers["plumbline-job"] == str(job.pk)
    assert "retry-after" not in caught.value.response.headers
    assert simulator.attempts[prompt] == job.attempts


@pytest.mark.parametrize("fault", ["cut=5", "error=5"])
def test_a_cut_in_the_middle_raises(client, fault) -> None:
    prompt = f"@sim tokens=10 delay=0.05 {fault}"
    chunks: list[Any] = []

    with pytest.raises(openai.APIError) as caught:
        chunks.extend(chunk for chunk in ask(client, prompt, stream=True, model=unheard_of()))

    assert any(chunk.choices[0].delta.content for chunk in chunks)
    assert {chunk.choices[0].finish_reason for chunk in chunks} == {None}
    assert caught.value.code in {"cut", "provider_failed"}
    with pytest.raises(openai.InternalServerError):
        ask(client, prompt, model=unheard_of())


def test_a_cut_stream_says_so_on_the_wire(client) -> None:
    with client.chat.completions.with_streaming_response.create(
        model=unheard_of(),
        messages=[{"role": "user", "content": "@sim tokens=9 delay=0.05 cut=4"}],
        stream=True,
    ) as response:
        lines = [line for line in response.iter_lines() if line]

    assert '"finish_reason":"error"' in lines[-1]
    assert '"error":{"message":' in lines[-1]
    assert "data: [DONE]" not in lines


def test_a_job_that_somebody_else_cancels(client, web) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, client, "@sim tokens=5 first=60")
        job_id = first_job(web)
        web.request("POST", f"/api/v1/inference/jobs/{job_id}/cancel/", Authorization=f"Bearer {KEY}")
        with pytest.raises(openai.ConflictError):
            asked.result()

    assert Job.objects.get().status == Status.CANCELLED


@pytest.mark.parametrize("stream", [False, True])
def test_who_waits_is_not_kept_through_a_long_rest(client, stream) -> None:
    model = unheard_of()

    with pytest.raises(openai.RateLimitError) as limited:
        ask(client, "@sim fail=429 retry_after=900", model=model, stream=stream)
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, "@sim tokens=1", model=model, stream=stream)

    assert (caught.value.status_code, caught.value.code) == (503, "resting")
    for error in (limited.value, caught.value):
        assert error.response.headers["x-should-retry"] == "false"
        # What the provider said, less what has passed since.
        assert 800 < int(error.response.headers["retry-after"]) <= 900


def test_an_answer_at_its_limit_says_so(client) -> None:
    assert ask(client, "@sim tokens=2 limit=1").choices[0].finish_reason == "length"


def unheard_of() -> str:
    """A model whose earlier failures nobody has counted."""
    return f"openai/{uuid4().hex}"


def first_job(web) -> str:
    while not (
        found := web.request("GET", "/api/v1/inference/jobs/", Authorization=f"Bearer {KEY}")[2]["results"]
    ):
        pass
    return str(found[0]["id"])
