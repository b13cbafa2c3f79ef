"""Chat completions by OpenAI's SDK, over real HTTP, through a web process, a worker and a provider."""

import asyncio
import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

from inference.choices import Status
from inference.models import Job, Policy
from tests.inference.openai_api.conftest import KEY
from tests.inference.processes import Web
from tests.simulators.llm import likely, saying, words

pytestmark = pytest.mark.stack
BOTH = pytest.mark.parametrize("model", ["sim", "claude-sim"])
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}},
    },
}


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


class Town(BaseModel):
    name: str
    people: int


@BOTH
def test_an_answer_comes_whole(client, model) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=model,
        messages=[{"role": "system", "content": "Be brief."}, user("@sim tokens=3")],
        metadata={"customer": "42"},
    )
    answer = raw.parse()

    job = Job.objects.get()
    (choice,) = answer.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == (
        "assistant",
        "".join(words(3)),
        "stop",
    )
    assert answer.usage.model_dump(exclude_none=True)["prompt_tokens"] == 14
    assert answer.usage.prompt_tokens_details.cached_tokens == 3
    assert (answer.id, answer.model) == (f"chatcmpl-{job.pk.hex}", model)
    assert raw.headers["plumbline-job"] == str(job.pk)
    assert raw.headers["x-request-id"]
    assert job.metadata == {"customer": "42"}


@BOTH
def test_an_answer_comes_in_pieces(client, model) -> None:
    chunks = list(
        client.chat.completions.create(
            model=model,
            messages=[user("@sim tokens=20 delay=0.02")],
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    first, *pieces, last, usage = chunks
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert len(pieces) > 10
    assert "".join(piece.choices[0].delta.content for piece in pieces) == "".join(words(20))
    assert last.choices[0].finish_reason == "stop"
    assert (usage.choices, usage.usage.prompt_tokens, usage.usage.completion_tokens) == ([], 14, 20)
    assert {chunk.id for chunk in chunks} == {f"chatcmpl-{Job.objects.get().pk.hex}"}


def test_without_asking_there_is_no_usage_chunk(client) -> None:
    chunks = list(client.chat.completions.create(model="sim", messages=[user("@sim tokens=2")], stream=True))

    assert all(chunk.choices for chunk in chunks)
    assert all(chunk.usage is None for chunk in chunks)


@BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_asked_for_and_their_answers_taken(client, simulator, model, stream) -> None:
    messages = [user("Rain in Oslo? @sim tokens=1 tool=weather")]
    asked: dict[str, Any] = {"model": model, "messages": messages, "tools": [TOOL], "parallel_tool_calls": False}
    if stream:
        with client.chat.completions.stream(**asked) as events:
            choice = events.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.create(**asked).choices[0]
    (call,) = choice.message.tool_calls
    answer = client.chat.completions.create(
        model=model,
        messages=[
            *messages,
            choice.message,
            {"role": "tool", "tool_call_id": call.id, "content": "Sun."},
            user("So? @sim tokens=2"),
        ],
        tools=[TOOL],
    )

    assert choice.finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"town": "Oslo"})
    assert answer.choices[0].message.content == "".join(words(2))
    assert call.id in json.dumps(simulator.requests[-1]["body"]["messages"])


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of the SDK about its own parsed message
@BOTH
def test_an_answer_keeps_to_a_schema(client, model) -> None:
    prompt = f"@sim {saying(Town(name='Oslo', people=700_000).model_dump_json())}"

    answer = client.chat.completions.parse(model=model, messages=[user(prompt)], response_format=Town)
    again = client.chat.completions.create(
        model="sim", messages=[user(prompt), answer.choices[0].message, user("@sim tokens=1")]
    )

    assert answer.choices[0].message.parsed == Town(name="Oslo", people=700_000)
    assert again.choices[0].message.content == words(1)[0]


def test_parameters_reach_an_openai_compatible_provider(client, simulator) -> None:
    client.chat.completions.create(
        model="sim",
        messages=[user("@sim tokens=1")],
        max_completion_tokens=50,
        temperature=0.5,
        top_p=0.9,
        stop="END",
        seed=7,
        user="somebody",
        n=1,
        reasoning_effort="low",
        frequency_penalty=0.1,
        response_format={"type": "json_object"},
        extra_body={"min_p": 0.05},
    )

    body = simulator.requests[-1]["body"]
    expected = {
        "max_tokens": 50,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["END"],
        "seed": 7,
        "user": "somebody",
        "reasoning_effort": "low",
        "frequency_penalty": 0.1,
        "response_format": {"type": "json_object"},
        "min_p": 0.05,
    }
    assert expected.items() <= body.items()
    assert "n" not in body


@pytest.mark.parametrize("stream", [False, True])
def test_chances_are_given_where_asked_for(client, stream) -> None:
    asked: dict[str, Any] = {
        "model": "sim",
        "messages": [user(f"@sim tokens=1 {likely(yes=-0.1, no=-2.5)}")],
        "logprobs": True,
        "top_logprobs": 2,
    }
    if stream:
        with client.chat.completions.stream(**asked) as events:
            choice = events.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.create(**asked).choices[0]

    (chance,) = choice.logprobs.content
    assert bytes(chance.bytes).decode() == chance.token == words(1)[0]
    assert {likely.token: likely.logprob for likely in chance.top_logprobs} == {"yes": -0.1, "no": -2.5}


def test_a_client_that_leaves_cancels(web, base_url, key) -> None:
    client = openai.OpenAI(base_url=base_url, api_key=KEY, timeout=1, max_retries=0)
    with client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="sim", messages=[user("@sim tokens=400 delay=0.1")])

    assert ended(web).status == Status.CANCELLED


def test_a_client_that_leaves_a_stream_cancels(web, client) -> None:
    with client.chat.completions.create(
        model="sim", messages=[user("@sim tokens=400 delay=0.1")], stream=True
    ) as chunks:
        next(chunks)

    assert ended(web).status == Status.CANCELLED


def test_who_has_an_idempotency_key_can_come_back(base_url, key, simulator) -> None:
    asked: dict[str, Any] = {
        "model": "sim",
        "messages": [user("@sim tokens=15 delay=0.1 echo=back")],
        "extra_headers": {"Idempotency-Key": "order-1"},
    }
    with openai.OpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(**asked, timeout=0.5)
        answer = client.chat.completions.create(**asked)
        with client.chat.completions.stream(**asked) as events:
            streamed = events.get_final_completion()

    assert answer.choices[0].message.content == streamed.choices[0].message.content == "".join(words(15))
    assert Job.objects.count() == 1
    assert simulator.attempts[asked["messages"][0]["content"]] == 1


def test_the_async_client_asks_many_at_once(base_url, key) -> None:
    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(base_url=base_url, api_key=KEY) as client:
            streams = [
                client.chat.completions.create(
                    model="sim", messages=[user(f"@sim tokens={count} first=0.3")], stream=True
                )
                for count in range(1, 21)
            ]
            return [
                "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
                for stream in await asyncio.gather(*streams)
            ]

    assert asyncio.run(ask()) == ["".join(words(count)) for count in range(1, 21)]


def ended(web: Web) -> Job:
    """The one job, once it has ended."""
    job = Job.objects.get()
    with web.stream(f"/api/v1/inference/jobs/{job.pk}/stream/", Authorization=f"Bearer {KEY}") as stream:
        list(stream)
    job.refresh_from_db()
    return job


@BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_the_arguments_of_a_tool_are_the_callers_own_words_again(client, key, simulator, model, stream) -> None:
    Policy.objects.create(organization=key.organization, redact=["email"])
    asked: dict[str, Any] = {
        "model": model,
        "messages": [user("Write to ada@example.com @sim tokens=1 tool=weather pass=1")],
        "tools": [TOOL],
    }
    if stream:
        with client.chat.completions.stream(**asked) as events:
            choice = events.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.create(**asked).choices[0]

    (call,) = choice.message.tool_calls
    assert json.loads(call.function.arguments) == {"text": "Write to ada@example.com"}
    sent = json.dumps(simulator.requests[-1]["body"])
    assert "[EMAIL_1]" in sent
    assert "ada@" not in sent
