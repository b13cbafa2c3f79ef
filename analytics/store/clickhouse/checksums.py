"""What tells that rows arrived as they were sent: their number and a sum over message ids. No Django here."""

import hashlib
from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

MONTH = "toYYYYMM(time)"
# The first 32 bits of the MD5 of each message id, added up: what order they are in does not matter.
CHECKSUM = "sum(toUInt64(reinterpretAsUInt32(reverse(substring(MD5(message_id), 1, 4)))))"


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of a month (202611) and the checksum of their message ids."""

    month: int
    rows: int
    checksum: int


def checksum_of(table: pa.Table) -> "Counter[tuple[int, str]]":
    """Rows and checksum by month, as `(month, "rows")` and `(month, "checksum")`, to be added up."""
    found: Counter[tuple[int, str]] = Counter()
    months = pc.add(pc.multiply(pc.year(table["time"]), 100), pc.month(table["time"])).to_pylist()
    for month, message_id in zip(months, table["message_id"].to_pylist(), strict=True):
        digest = hashlib.md5(message_id.encode(), usedforsecurity=False).digest()
        found[month, "rows"] += 1
        found[month, "checksum"] += int.from_bytes(digest[:4], "big")
    return found
