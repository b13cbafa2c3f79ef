"""A file to import, line by line: plain or gzip, with its place for a progress bar. Problems are sentences."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self, cast

from analytics.ingestion.normalize import RawCall

_GZIP = b"\x1f\x8b"
_PEEK = 8192
# A line over this is no line of a log or table.
MAX_LINE = 1024 * 1024


class FileProblem(Exception):
    """The file as a whole cannot be imported; the message is one sentence for the person who named it."""


class Row(NamedTuple):
    """A line of a file: the call that it stands for, or in words why it cannot be read. Lines count from 1."""

    number: int
    call: RawCall | None
    reason: str = ""


class Source:
    """An opened file. Raises FileProblem where it is missing, empty, a folder, not text or broken gzip."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._raw = path.open("rb")
        except OSError as error:
            raise FileProblem(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
        self.size = path.stat().st_size
        self._stream = self._opened()
        self._check_is_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    @property
    def position(self) -> int:
        """How many bytes of `size` have been read (of a gzip file, compressed ones)."""
        return self._raw.tell()

    def lines(self) -> Iterator[bytes]:
        """The lines with their line ends."""
        number = 0
        try:
            while line := self._stream.readline(MAX_LINE):
                number += 1
                yield line
        except (EOFError, OSError, zlib.error) as error:
            raise FileProblem(f"{self.path} is broken after line {number}: {error}") from error

    def _opened(self) -> BinaryIO:
        packed = self._raw.read(len(_GZIP)) == _GZIP
        self._raw.seek(0)
        return cast("BinaryIO", gzip.open(self._raw)) if packed else self._raw

    def _check_is_text(self) -> None:
        try:
            start = self._stream.read(_PEEK)
            self._stream.seek(0)
        except (EOFError, OSError, zlib.error) as error:
            self._raw.close()
            raise FileProblem(f"{self.path} is not a whole gzip file: {error}.") from error
        if not start or b"\x00" in start:
            self._raw.close()
            raise FileProblem(f"{self.path} is {'not a text file' if start else 'empty'}.")


def message_id(number: int, content: str) -> str:
    """The same for the same line at the same place, so that a file imported again stores nothing twice."""
    return hashlib.blake2b(f"{number}\n{content}".encode(errors="surrogateescape"), digest_size=16).hexdigest()
