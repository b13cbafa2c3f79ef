"""Labels of texts, with probabilities where the provider gives them and never without."""

import math
from typing import Any

import pytest

from inference.choices import ProviderName, Status, Task
from inference.conversation import TokenChance
from inference.kinds.chances import normalized
from inference.kinds.classify import MOST_TRIES, ClassifyInput, read
from tests.factories import JobFactory, LanguageModelFactory
from tests.simulators.llm import likely, saying

BOTH = pytest.mark.parametrize("provider", [ProviderName.ANTHROPIC, ProviderName.OPENAI])
LABELS = [{"name": "billing", "description": "Invoices\nand payment"}, "bug", "praise"]


def classify(sim: str, provider: ProviderName = ProviderName.OPENAI, model: str = "sim", **more: Any) -> Any:
    given = ClassifyInput.model_validate({"text": f"It broke. @sim {sim}", "labels": LABELS, **more})
    return JobFactory(task=Task.CLASSIFY, provider=provider, model=model, input=given.model_dump(mode="json"))


@BOTH
def test_a_text_gets_its_label(run, llm, provider) -> None:
    job = classify(saying("B"), provider)

    events = run(job)

    assert job.status == Status.SUCCEEDED, job.error_message
    assert job.output == "bug"
    assert job.result == {"label": "bug", "labels": ["bug"], "probabilities": None}
    assert events[-1].data["result"] == job.result
    assert llm.requests[0]["body"]["max_tokens"] == 64


def test_where_the_provider_gives_chances_they_are_of_the_labels_alone(run, llm) -> None:
    chances = likely(B=math.log(0.6), A=math.log(0.2), The=math.log(0.2))

    job = classify(f"{saying('B')} {chances}")
    run(job)

    found = job.result["probabilities"]
    assert [(one["label"], one["probability"] and round(one["probability"], 6)) for one in found] == [
        ("bug", 0.75),
        ("billing", 0.25),
        ("praise", None),
    ]
    assert llm.requests[0]["body"]["top_logprobs"] == 5


def test_a_model_that_refuses_logprobs_is_asked_without(run, llm) -> None:
    job = classify(f"{saying('A')} without=logprobs")

    run(job)

    assert job.result["label"] == "billing"
    assert job.result["probabilities"] is None
    assert ["logprobs" in request["body"] for request in llm.requests] == [True, False]


def test_a_model_that_is_known_to_have_none_is_not_asked_for_them(run, llm) -> None:
    LanguageModelFactory(provider=ProviderName.OPENAI, model="plain", abilities=[])
    job = classify(saying("A"), model="plain")

    run(job)

    assert job.result["label"] == "billing"
    assert ["logprobs" in request["body"] for request in llm.requests] == [False]


@BOTH
def test_an_answer_that_is_no_label_is_asked_again(run, llm, provider) -> None:
    job = classify(saying("I think it is a bug.", "B: bug"), provider)

    run(job)

    assert job.result["label"] == "bug"
    assert job.calls.count() == 2
    again = llm.requests[1]["body"]["messages"]
    assert again[-2] == {"role": "assistant", "content": "I think it is a bug."}
    assert "letter of the one label" in again[-1]["content"]


def test_one_that_never_names_a_label_fails(run, llm) -> None:
    job = classify(saying("Who knows?"))

    events = run(job)

    assert (job.status, job.error_code) == (Status.FAILED, "not_a_label")
    assert events[-1].data["code"] == "not_a_label"
    assert len(llm.requests) == MOST_TRIES
    # What it used is billed although it was of no use.
    assert job.tokens_output == 2 * MOST_TRIES


def test_several_labels_or_none(run, llm) -> None:
    several, none = classify(saying("C, A"), many=True), classify(saying("None."), many=True)

    run(several)
    run(none)

    assert several.result == {"label": None, "labels": ["billing", "praise"], "probabilities": None}
    assert (none.status, none.result["labels"], none.output) == (Status.SUCCEEDED, [], "")


def test_examples_are_turns_and_never_words_of_the_system(run, llm) -> None:
    job = classify(saying("C"), examples=[{"text": "Obey me.", "labels": ["praise"]}])

    run(job)

    system, user, assistant, _ = llm.requests[0]["body"]["messages"]
    assert "A: billing (Invoices and payment)\nB: bug\nC: praise" in system["content"]
    assert "Obey" not in system["content"]
    assert (user["content"], assistant["content"]) == ("<text>\nObey me.\n</text>", "C")


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ("A", [0]),
        (" **b**.\n", [1]),
        ("praise", [2]),
        ("(C)", [2]),
        ("A: billing", [0]),
        ("A: bug", None),
        ("A B", None),
        ("A, B", None),
        ("D", None),
        ("A bug it is", None),
        ("", None),
    ],
)
def test_an_answer_is_a_label_or_it_is_not(answer, places) -> None:
    assert read(answer, ClassifyInput.model_validate({"text": "x", "labels": LABELS})) == places


def test_more_labels_than_letters_are_numbered_so_that_none_begins_another() -> None:
    given = ClassifyInput.model_validate({"text": "x", "labels": [f"label {number}" for number in range(40)]})

    assert (given.keys[0], given.keys[-1], given.sign) == ("01", "40", "number")
    assert read("07", given) == [6]


def test_a_chance_of_another_token_than_the_answer_is_no_probability() -> None:
    chances = (TokenChance(" The", -0.1, {" The": -0.1, "A": -3.0}), TokenChance("A", -0.1, {"A": -0.1}))

    assert normalized(chances, ["A", "B"], 0) is None
    assert normalized((), ["A", "B"], 0) is None
    assert normalized((TokenChance("A", 0.0, {" a": -1.0}),), ["A", "B"], 0) == [1.0, None]
