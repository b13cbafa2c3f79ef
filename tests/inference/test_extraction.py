"""Summaries without a model."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.extraction import split, summarize

REPORT = (
    "Sales of the shop grew by twelve percent in March. The weather was mild. "
    "The growth of sales came from the new shop in Lyon, which opened in March. "
    "Somebody repainted the door. Staff in Lyon expect sales of the shop to grow again in April."
)


def test_the_summary_says_what_the_text_is_about() -> None:
    summary = summarize(REPORT, 2)

    assert "Sales of the shop grew" in summary
    assert "weather" not in summary
    assert "door" not in summary


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Smith met J. Doe. They spoke.", ["Dr. Smith met J. Doe.", "They spoke."]),
        ("It cost 3.50 euros. Cheap.", ["It cost 3.50 euros.", "Cheap."]),
        ("Use e.g. Rome. Fine.", ["Use e.g. Rome.", "Fine."]),
        ("今日は晴れ。明日は雨！", ["今日は晴れ。", "明日は雨！"]),
        ("यह एक है। यह दो है।", ["यह एक है।", "यह दो है।"]),
        ("A heading\n\nA paragraph  of\ntwo lines.", ["A heading", "A paragraph of two lines."]),
        ("«Bonjour.» Elle part.", ["«Bonjour.»", "Elle part."]),
        ("no end", ["no end"]),
    ],
)
def test_sentences_in_many_languages(text, sentences) -> None:
    assert split(text) == sentences


def test_chinese_and_japanese_are_joined_without_spaces() -> None:
    assert summarize("今日は晴れ。明日は雨！", 5) == "今日は晴れ。 明日は雨！".replace(" ", "")


words = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(words.map(lambda chosen: " ".join(chosen).capitalize() + "."), max_size=15), st.integers(1, 5))
def test_a_summary_is_made_of_the_texts_own_sentences_in_their_order(sentences, count) -> None:
    remaining = iter(sentences)

    kept = split(summarize(" ".join(sentences), count))

    assert len(kept) == min(count, len(sentences))
    assert all(sentence in remaining for sentence in kept)


def test_a_long_text_is_no_burden() -> None:
    assert summarize(REPORT * 500, 3)
