"""Server-sent events of providers, however the network cuts them."""

import asyncio
from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.providers import sse


class Pieces(httpx2.AsyncByteStream):
    def __init__(self, pieces) -> None:
        self.pieces = pieces

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece


def read(*pieces: bytes) -> list[bytes]:
    async def reading() -> list[bytes]:
        response = httpx2.Response(200, stream=Pieces(pieces))
        return [data async for events in sse.data_of(response) for data in events]

    return asyncio.run(reading())


@pytest.mark.parametrize(
    ("sent", "data"),
    [
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\r\n\r\ndata: two\r\n\r\n", [b"one", b"two"]),
        (b"event: x\nid: 7\nretry: 1\n: a comment\ndata: one\n\n", [b"one"]),
        (b"data:one\ndata:  two\n\n", [b"one\n two"]),
        (b": still here\n\n\n\ndata: one\n\n", [b"one"]),
        (b"data: one\n\ndata: cut", [b"one"]),
        (b"", []),
    ],
)
def test_data_is_read_as_the_standard_has_it(sent, data) -> None:
    assert read(sent) == data


@given(
    texts=st.lists(st.text(alphabet="aé\u2028 :", min_size=1, max_size=6), max_size=6),
    ending=st.sampled_from([b"\n", b"\r\n"]),
    cuts=st.lists(st.integers(1, 60), max_size=8),
)
def test_it_is_the_same_wherever_it_is_cut(texts, ending, cuts) -> None:
    sent = b"".join(b"data: " + text.encode() + ending + ending for text in texts)
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    pieces = [sent[start:end] for start, end in pairwise(places)]

    assert read(*pieces) == [text.encode() for text in texts]
