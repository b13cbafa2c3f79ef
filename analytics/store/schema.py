"""The types of an event's fixed columns. No Django here."""

import pyarrow as pa

from analytics.contracts import COLUMNS, NUMBERS, TIMES


def _type_of(column: str) -> pa.DataType:
    if column in TIMES:
        return pa.timestamp("us")
    return pa.int64() if column in NUMBERS else pa.string()


TYPES: dict[str, pa.DataType] = {column: _type_of(column) for column in COLUMNS}
