"""What is personal is found and taken out, and comes back exactly; what only looks alike stays."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.choices import Personal
from inference.conversation import Message, Prompt, ToolCall
from inference.personal import find, is_card
from inference.redaction import Redactor, Restorer

ALL = tuple(Personal)
EMAILS = st.emails()
PHONES = st.builds(
    lambda country, sep, digits: sep.join([f"+{country}", *re.findall(".{1,3}", digits)]),
    st.integers(1, 99), st.sampled_from(["", " ", "-"]), st.text("0123456789", min_size=8, max_size=11),
)  # fmt: skip


def _with_check(digits: str) -> str:
    return next(digits + str(check) for check in range(10) if is_card(digits + str(check)))


CARDS = st.builds(
    lambda first, rest, sep: sep.join(re.findall(".{1,4}", _with_check(first + rest))),
    st.sampled_from(["4", "51", "37", "6"]), st.text("0123456789", min_size=13, max_size=14),
    st.sampled_from(["", " ", "-"]),
)  # fmt: skip
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="0123456789@"), max_size=30)
# Between two of them stands what is no part of either.
TEXTS = st.lists(st.tuples(PLAIN, st.sampled_from([" ", "\n", ", "]), EMAILS | PHONES | CARDS), max_size=4).map(
    lambda parts: "".join(f"{plain}{gap}{value}{gap}" for plain, gap, value in parts)
)


def found(text: str, kinds=ALL) -> list[str]:
    return [text[one.start : one.end] for one in find(text, kinds)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to ada.lovelace+x@example.co.uk.", ["ada.lovelace+x@example.co.uk"]),
        ("<mailto:ada@example.com>, (bob@example.org)", ["ada@example.com", "bob@example.org"]),
        ("?email=ada@example.com&x=1", ["ada@example.com"]),
        ("jürgen@müller.de", ["jürgen@müller.de"]),
        ("Call +49 171 2345678 or +1 (555) 234-5678!", ["+49 171 2345678", "+1 (555) 234-5678"]),
        ("0049 (0)171/2345678", ["0049 (0)171/2345678"]),
        ("0171 2345678, (030) 123 45 67", ["0171 2345678", "(030) 123 45 67"]),
        ("(555) 234-5678 and 555-234-5678", ["(555) 234-5678", "555-234-5678"]),
        ("Tel.: 2345678", ["2345678"]),
        ("4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("4111111111111111 and 3782-822463-10005", ["4111111111111111", "3782-822463-10005"]),
        ("4111 1111 1111 1111 123", ["4111 1111 1111 1111"]),
    ],
)
def test_what_is_personal_is_found(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-29, 29.11.2026, 05/11/2026 12:30, 01-02-2026, 2026-11-29T06:31:45+01:00",
        "1,234,567.00 USD, 1.234.567,89 €, +12.50 %, 0.001234567, -1 234 567",
        "Order 10023456789, invoice INV-000123, 2026-0123-4567, no. 4111111111111112",
        "192.168.100.200, 10.0.0.1:5432, v1.2.3.4567, 1732861905000",
        "978-3-16-148410-0, 4006381333931, 6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "@example, a @ b, user@localhost, 5 000 000 people, 250 of 1000",
    ],
)
def test_dates_prices_and_orders_stay(text):
    assert found(text) == []


@given(TEXTS)
@example("a@b.de c@d.de@e.de")
def test_what_went_out_comes_back_and_nothing_personal_goes_out(text):
    redactor = Redactor(ALL)

    sent = redactor.text(text)

    assert redactor.restored(sent) == text
    assert found(sent) == []


@given(st.lists(EMAILS, min_size=1, max_size=5), st.data())
def test_in_whatever_pieces_it_comes_it_is_the_same(values, data):
    redactor = Redactor(ALL)
    sent = redactor.text(" and [".join(values) + " [EMAIL_")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    restorer = Restorer(redactor)

    said = "".join(
        restorer.feed(sent[one:other]) for one, other in zip([0, *cuts], [*cuts, len(sent)], strict=True)
    )

    assert said + restorer.rest() == redactor.restored(sent)


def test_text_that_begins_no_placeholder_is_not_kept_back():
    restorer = Restorer(Redactor(ALL))

    assert [restorer.feed(piece) for piece in ("See [1", "] and [EMA", "IL no", " [")] == [
        "See [1", "] and ", "[EMAIL no", " ",
    ]  # fmt: skip


def test_the_same_value_has_the_same_placeholder_and_a_word_of_the_text_is_no_ones():
    redactor = Redactor(ALL)

    sent = redactor.text("[EMAIL_1] is not a@b.de, and a@b.de is not c@d.de")

    assert sent == "[EMAIL_1] is not [EMAIL_2], and [EMAIL_2] is not [EMAIL_3]"
    assert redactor.restored(sent) == "[EMAIL_1] is not a@b.de, and a@b.de is not c@d.de"


def test_only_what_the_rules_name_is_taken_out():
    text = "a@b.de +49 171 2345678"

    assert Redactor(["phone"]).text(text) == "a@b.de [PHONE_1]"


def test_every_part_of_a_prompt_is_redacted_and_its_form_kept():
    redactor = Redactor(ALL)
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a@b.de.png"}}
    called = ToolCall("1", "send", json.dumps({"to": "a@b.de", "card": 4111111111111111, "amount": 12.5, "n": 3}))
    prompt = Prompt(
        messages=(
            Message("user", [{"type": "text", "text": "I am a@b.de"}, image]),
            Message("assistant", "", (called,)),
            Message("tool", "Sent to c@d.de", tool_call_id="1"),
        ),
        system="You write for e@f.de.",
        tools=({"type": "function", "function": {"name": "send", "description": "For e@f.de"}},),
        schema={"enum": ["a@b.de", 1, True, None]},
        extra={"user": "a@b.de"},
        stop=("e@f.de",),
    )

    sent = redactor.prompt(prompt)

    assert [value for value in ("a@b.de", "c@d.de", "e@f.de", "4111") if value in sent.text] == []
    (parts, call, answer) = sent.messages
    assert isinstance(parts.content, list)
    assert parts.content[1] == image
    arguments = json.loads(call.tool_calls[0].arguments)
    assert (arguments["amount"], arguments["n"]) == (12.5, 3)
    assert redactor.restored(arguments["card"]) == "4111111111111111"
    assert json.loads(redactor.call(call.tool_calls[0]).arguments)["to"] == "a@b.de"
    assert (answer.tool_call_id, sent.schema) == ("1", {"enum": [arguments["to"], 1, True, None]})
