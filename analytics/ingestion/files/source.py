"""A file to import: plain, gzip or zip, with its place for a progress bar. Problems are sentences."""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import IO, BinaryIO, NamedTuple, Self, cast

from analytics.contracts import Event
from analytics.ingestion.normalize import RawCall

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_PEEK = 8192
_BROKEN = (EOFError, OSError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)
# A line over this is no line of a log or table.
MAX_LINE = 1024 * 1024
# How far a packed file may unfold: what packs better is no log or table, but made to fill a disk or a day.
MOST_UNPACKED = 64 * 2**30
MOST_RATIO = 200
SMALL = 64 * 2**20
NOTHING: Mapping[str, str] = MappingProxyType({})


class FileProblem(Exception):
    """The file as a whole cannot be imported; the message is one sentence for the person who named it."""


class Mark(NamedTuple):
    """A place to go on reading from: bytes of the unpacked file and lines before it, or what the reader counts."""

    offset: int = 0
    line: int = 0


START = Mark()
EACH = "*"


@dataclass(frozen=True, slots=True)
class Total:
    """A row of totals of one day, behind which the file has no events."""

    tool: str
    topic: str
    day: date
    labels: Mapping[str, str]
    figures: Mapping[str, int]


class Row(NamedTuple):
    """A line of a file: what it stands for, or in words why it cannot be read. Lines count from 1.

    `call` is a call in Segment's terms, an event that was exported whole, or a total. `known` are columns of the
    event that the file states and a call cannot, such as the browser by name. `after` is the place behind the row.
    """

    number: int
    call: RawCall | Event | Total | None
    reason: str = ""
    after: Mark = START
    known: Mapping[str, str] = NOTHING


class Source:
    """An opened file. Raises FileProblem where it is missing, empty, a folder, not text or broken.

    Of a zip it reads the one file inside, or of several the one that is called `member`; with `EACH`, the reader
    takes them from `archive`. `name` is what messages call it; `offset` counts the unpacked bytes that were read.
    """

    def __init__(self, path: Path, *, name: str = "", member: str = "") -> None:
        self.path = path
        self.name = name or str(path)
        self.offset = 0
        self.archive: zipfile.ZipFile | None = None
        try:
            self._raw = path.open("rb")
        except OSError as error:
            raise FileProblem(f"{self.name} cannot be read: {(error.strerror or str(error)).lower()}.") from error
        self.size = path.stat().st_size
        self._most = min(MOST_UNPACKED, max(SMALL, MOST_RATIO * self.size))
        try:
            self._stream = self._opened(member)
            self._check_is_text()
        except FileProblem:
            self._raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    @property
    def position(self) -> int:
        """How many bytes of `size` have been read (of a packed file, packed ones)."""
        return self._raw.tell()

    def lines(self, start: int = 0) -> Iterator[bytes]:
        """The lines from an offset on, with their line ends."""
        number = 0
        try:
            self.offset = self._stream.seek(start)
            while line := self._stream.readline(MAX_LINE):
                number += 1
                self._advance(len(line))
                yield line
        except _BROKEN as error:
            raise FileProblem(f"{self.name} is broken after line {number}: {error}") from error

    def pieces(self, size: int, start: int = 0) -> Iterator[bytes]:
        """The bytes from an offset on."""
        try:
            self.offset = self._stream.seek(start)
            while piece := self._stream.read(size):
                self._advance(len(piece))
                yield piece
        except _BROKEN as error:
            raise FileProblem(f"{self.name} is broken after byte {self.offset}: {error}") from error

    def _advance(self, length: int) -> None:
        self.offset += length
        if self.offset > self._most:
            raise _too_much(self.name, self._most)

    def _opened(self, member: str) -> BinaryIO:
        start = self._raw.read(len(_ZIP))
        self._raw.seek(0)
        if start.startswith(_GZIP):
            return cast("BinaryIO", gzip.open(self._raw))
        if start != _ZIP:
            return self._raw
        self.archive = _opened_zip(self._raw, self.name, self._most)
        return cast("BinaryIO", self.archive.open(_chosen(self.archive, member, self.name)))

    def _check_is_text(self) -> None:
        try:
            start = self._stream.read(_PEEK)
            self._stream.seek(0)
        except _BROKEN as error:
            kind = "zip" if isinstance(self._stream, zipfile.ZipExtFile) else "gzip"
            raise FileProblem(f"{self.name} is not a whole {kind} file: {error}.") from error
        if not start or b"\x00" in start:
            raise FileProblem(f"{self.name} is {'not a text file' if start else 'empty'}.")


def _opened_zip(raw: IO[bytes], name: str, most: int) -> zipfile.ZipFile:
    """The archive, if what it says of itself may be unpacked. Raises FileProblem."""
    try:
        archive = zipfile.ZipFile(raw)
    except _BROKEN as error:
        raise FileProblem(f"{name} is not a whole zip file: {error}.") from error
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise FileProblem(f"{name} is locked with a password.")
    if sum(info.file_size for info in archive.infolist()) > most:
        raise _too_much(name, most)
    return archive


def files_in(archive: zipfile.ZipFile) -> list[str]:
    """The names of an archive's files, without folders and what systems leave beside them."""
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    return [name for name in names if not name.startswith("__MACOSX/") and PurePosixPath(name).name[:1] != "."]


def _too_much(name: str, most: int) -> FileProblem:
    return FileProblem(f"{name} unpacks to more than {most // 2**20:,} MB, which its size does not bear out.")


def _chosen(archive: zipfile.ZipFile, member: str, name: str) -> str:
    names = files_in(archive)
    if member == EACH and names:
        return names[0]
    fitting = [item for item in names if PurePosixPath(item).name == member] if member else []
    found = fitting or names
    if len(found) != 1:
        wanted = f" and none is called {member}" if member else ""
        raise FileProblem(f"{name} holds {len(names)} files{wanted}; pack the one to import.")
    return found[0]


def message_id(number: int, content: str) -> str:
    """The same for the same line at the same place, so that a file imported again stores nothing twice."""
    return hashlib.blake2b(f"{number}\n{content}".encode(errors="surrogateescape"), digest_size=16).hexdigest()
