"""The ids of a list as people paste or upload them. No Django here."""

import csv
import io
from collections.abc import Sequence

from accounts.errors import FieldError, Invalid

MOST_BYTES = 8 * 2**20
# What the column of ids may be called; without such a heading it is the first.
HEADINGS = ("person", "user_id", "user id", "userid", "id", "anonymous_id", "distinct_id", "email")


def pasted(text: str) -> list[str]:
    """The ids of a text, one a line."""
    return text.splitlines()


def uploaded(content: bytes) -> list[str]:
    """The ids of a CSV file, or of a text with one a line. Raises Invalid for what is neither."""
    if len(content) > MOST_BYTES:
        raise _wrong(f"At most {MOST_BYTES // 2**20} MB.")
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(f"Not a CSV file in UTF-8: {error}") from error
    column = _column(rows[0]) if rows else None
    place, first = (0, 0) if column is None else (column, 1)
    return [row[place] for row in rows[first:] if len(row) > place]


def _column(heading: Sequence[str]) -> int | None:
    """The place of the ids where the first row says so."""
    called = [cell.strip().lower() for cell in heading]
    return next((called.index(name) for name in HEADINGS if name in called), None)


def _wrong(message: str) -> Invalid:
    return Invalid(message, fields=[FieldError("file", message)])
