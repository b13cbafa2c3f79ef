"""Texts of strangers as data: between tags that they cannot close themselves, and in pieces of a bounded size."""

import re
from collections.abc import Iterable, Iterator, Sequence

_CLOSING = re.compile(r"</(?=\s*text\b)", re.IGNORECASE)
# Where a text is cut, the best first.
_ENDS = ("\n\n", "\n", ". ", "。", " ")
_OPEN, _CLOSE = "<text>\n", "\n</text>"
# What the tags of one text add to a message, in bytes, with the line break between it and the next.
TAGS = len(_OPEN) + len(_CLOSE) + 1


def harmless(text: str) -> str:
    """The text, its own closing tags made ones that close nothing."""
    return _CLOSING.sub(r"<\\/", text)


def tagged(texts: Iterable[str]) -> str:
    """Texts that are `harmless` already, each between its tags."""
    return "\n".join(f"{_OPEN}{text}{_CLOSE}" for text in texts)


def data(text: str) -> str:
    """One text as data."""
    return tagged([harmless(text)])


def cut(text: str, most: int) -> str:
    """The beginning of a text, of at most so many bytes in UTF-8."""
    return text if len(text) * 4 <= most else text.encode()[:most].decode(errors="ignore")


def pieces(text: str, most: int) -> Iterator[str]:
    """The text in pieces of at most so many bytes, cut where a paragraph, line, sentence or word ends."""
    start = 0
    while start < len(text):
        piece = cut(text[start : start + most], most)
        if start + len(piece) < len(text):
            piece = piece[: _end(piece)]
        start += len(piece)
        if piece.strip():
            yield piece


def packed(texts: Sequence[str], most: int) -> list[list[str]]:
    """Neighbours together, as many as fit into so many bytes with their tags: the fewest groups that there are."""
    groups: list[list[str]] = []
    left = 0
    for text in texts:
        needed = len(text.encode()) + TAGS
        if not groups or needed > left:
            groups.append([])
            left = most
        groups[-1].append(text)
        left -= needed
    return groups


def _end(piece: str) -> int:
    """Where to cut: behind the last end of the best kind in the second half, else at the very end."""
    half = len(piece) // 2
    for end in _ENDS:
        found = piece.rfind(end, half)
        if found >= 0:
            return found + len(end)
    return len(piece)
