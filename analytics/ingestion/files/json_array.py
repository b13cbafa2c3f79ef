"""The objects of a JSON array, one after the other, however long the array is."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from analytics.ingestion.files.source import FileProblem, Source

_PIECE = 256 * 1024
# An object over this is no visit of anybody.
MOST_OBJECT = 16 * 2**20
_BETWEEN = re.compile(r"[\s,]*")
_decode = json.JSONDecoder().raw_decode


def objects(source: Source) -> Iterator[dict[str, Any]]:
    """Raises FileProblem where the file is no array of objects, is cut off, or an object is over MOST_OBJECT."""
    text = _Text(source)
    if text.next_character() != "[":
        raise _not_an_array(source, text)
    text.skip(1)
    while (character := text.next_character()) != "]":
        if character != "{":
            raise FileProblem(f"{source.name} is {'cut off' if not character else 'not an array of objects'}.")
        yield text.object()


def _not_an_array(source: Source, text: "_Text") -> FileProblem:
    start = text.start(200)
    if start.startswith("{") and '"message"' in start:
        return FileProblem(f"{source.name} holds a refusal and no data: {start[:150]}")
    return FileProblem(f"{source.name} is not a JSON array.")


class _Text:
    """The text of a source, of which a window is held."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pieces = source.pieces(_PIECE)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._window = ""
        self._place = 0

    def next_character(self) -> str:
        """What comes after blanks and commas; empty at the end."""
        while True:
            match = _BETWEEN.match(self._window, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._window) or not self._more():
                return self._window[self._place : self._place + 1]

    def skip(self, count: int) -> None:
        self._place += count

    def start(self, length: int) -> str:
        return self._window[self._place : self._place + length]

    def object(self) -> dict[str, Any]:
        """The object that begins at the place."""
        wanted = 0
        while True:
            more = self._hold(wanted)
            try:
                found, self._place = _decode(self._window, self._place)
            except (json.JSONDecodeError, RecursionError) as error:
                held = len(self._window) - self._place
                if not more or held > MOST_OBJECT:
                    raise FileProblem(
                        f"{self._source.name} is cut off, not JSON, or has an object over {MOST_OBJECT:,} bytes."
                    ) from error
                # Twice as much before the next attempt, so that a large object is not read over and over.
                wanted = 2 * held
            else:
                return dict(found)

    def _hold(self, wanted: int) -> bool:
        """Read on until the window holds so many characters; whether it does."""
        while len(self._window) - self._place < wanted:
            if not self._more():
                return False
        return True

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._window = self._window[self._place :] + self._decoder.decode(piece)
        self._place = 0
        return True
