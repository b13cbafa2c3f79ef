"""What a client gets, wherever it stands: nothing missed, nothing twice."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.entries import Cursor, Entry, Gap, ending


def stream(fence: int, texts: list[str], status: str = "succeeded") -> list[Entry]:
    entries, offset = [Entry(fence, 0, "start")], 0
    for text in texts:
        entries.append(Entry(fence, offset, "token", text))
        offset += len(text)
    error = {"code": "cut", "message": "Cut."} if status == "failed" else None
    output = "".join(texts)
    return [
        *entries,
        *ending(fence=fence, output=output, status=status, finish_reason="stop", error=error, usage=(1, 2)),
    ]


def take(cursor: Cursor, entries: list[Entry]) -> list[Any]:
    return [event for entry in entries for event in cursor.take(entry)]


def text_of(events: list[Any]) -> str:
    return "".join(event.data["text"] for event in events if event.name == "token")


texts = st.lists(st.text(min_size=1, max_size=5), max_size=12)


@settings(deadline=None)
@given(texts, st.data())
def test_whoever_resumes_after_any_event_gets_the_rest(pieces, data) -> None:
    entries = stream(1, pieces)
    seen = take(Cursor(), entries)[: data.draw(st.integers(1, len(pieces) + 2))]

    rest = take(Cursor.after(seen[-1].id), entries)

    assert text_of(seen) + text_of(rest) == "".join(pieces)
    assert [event.name for event in [*seen, *rest]][-2:] == ["usage", "done"]


@settings(deadline=None)
@given(texts)
def test_other_cuts_of_the_same_text_make_no_difference(pieces) -> None:
    whole = "".join(pieces)
    seen = take(Cursor(), stream(1, pieces)[: len(pieces) // 2 + 1])
    cursor = Cursor.after(seen[-1].id) if seen else Cursor()

    rest = take(cursor, stream(1, [whole] if whole else []))

    assert text_of(seen) + text_of(rest) == whole


def test_an_entry_heard_twice_counts_once() -> None:
    entries = stream(1, ["a", "b"])

    events = take(Cursor(), [*entries[:3], *entries])

    assert text_of(events) == "ab"
    assert [event.name for event in events] == ["token", "token", "usage", "done"]


def test_a_missing_entry_is_noticed() -> None:
    start, _, second, *_ = stream(1, ["a", "b"])
    cursor = Cursor()
    cursor.take(start)

    with pytest.raises(Gap):
        cursor.take(second)


def test_a_new_attempt_tells_those_who_hold_old_text_and_only_those() -> None:
    first, second = stream(1, ["old "])[:2], stream(2, ["new"])

    told = take(Cursor(), [*first, *second])
    fresh = take(Cursor(), second)

    assert [event.name for event in told] == ["token", "restart", "token", "usage", "done"]
    assert [event.name for event in fresh] == ["token", "usage", "done"]


def test_words_of_an_attempt_that_lost_its_lease_are_not_heard() -> None:
    cursor = Cursor()
    take(cursor, stream(2, ["new"])[:2])

    assert take(cursor, stream(1, ["old"])) == []


def test_a_failure_ends_with_an_error() -> None:
    last = take(Cursor(), stream(1, ["half"], status="failed"))[-1]

    assert last.name == "error"
    assert last.data["status"] == "failed"
    assert last.data["code"] == "cut"


def test_an_id_that_is_none_of_ours_means_the_beginning() -> None:
    assert Cursor.after("1700000000-x") == Cursor()


def test_on_the_wire_an_event_is_three_lines() -> None:
    (event,) = take(Cursor(), [Entry(3, 0, "token", "a\nb")])

    assert event.encode() == b'event: token\nid: 3-3\ndata: {"text":"a\\nb"}\n\n'
