"""Loosely typed input made safe for JSON, PostgreSQL, Parquet and UTF-8: what comes out can be stored anywhere."""

import functools
import math
import re
from collections.abc import Mapping
from typing import Any, TypeGuard

from analytics.ingestion.refusal import Refused

MAX_ID = 255
MAX_TEXT = 2048
MAX_PROPERTIES = 255
MAX_PROPERTY_NAME = 200
MAX_DEPTH = 8

_INT64 = 2**63
# PostgreSQL refuses NUL, and UTF-8 has no lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with what cannot be stored replaced by U+FFFD."""
    # Printable text has neither NUL nor surrogates, and almost all text is printable.
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def text(value: object, limit: int = MAX_TEXT) -> str:
    """Text for a column, cut at `limit` characters; anything but text is empty."""
    return storable(value[:limit]).strip() if value and isinstance(value, str) else ""


def identifier(value: object, field: str) -> str:
    """An id as text: numbers are written out, None is empty. Raises Refused for anything else, or too long."""
    if value is None:
        return ""
    if isinstance(value, str):
        found = (value if value.isprintable() else storable(value)).strip()
    else:
        found = _number_as_text(value, field)
    if len(found) > MAX_ID:
        raise Refused(f"{field} is longer than {MAX_ID} characters.", field)
    return found


def _number_as_text(value: object, field: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64:
        return str(value)
    if isinstance(value, float) and abs(value) < _INT64:
        return str(int(value)) if value.is_integer() else repr(value)
    raise Refused(f"{field} must be text or a number.", field)


def mapping(value: object, field: str) -> Mapping[str, Any]:
    """An optional JSON object; None is empty. Raises Refused for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Refused(f"{field} must be an object.", field)
    return value


def properties(value: object, field: str) -> dict[str, Any]:
    """A customer's JSON object, storable; numbers that JSON or 64 bits cannot hold become null or a float.

    Raises Refused for too many properties, a name that is empty or too long, or nesting over MAX_DEPTH.
    """
    # As almost all are; asking for a Mapping of any kind takes as long as all else.
    found = value if type(value) is dict else mapping(value, field)
    if not found:
        return {}
    if len(found) > MAX_PROPERTIES:
        raise Refused(f"{field} has more than {MAX_PROPERTIES} entries.", field)
    return found if _is_plain(found) else _object(found, field, MAX_DEPTH)


def _is_plain(found: Mapping[str, Any]) -> TypeGuard[dict[str, Any]]:
    """Whether this can be stored as it is, as most can: flat, printable, of short names and small numbers."""
    if type(found) is not dict:
        return False
    for name, value in found.items():
        kind = type(value)
        if kind is str:
            if not value.isprintable():
                return False
        elif kind is int:
            if not -_INT64 <= value < _INT64:
                return False
        elif not (value is None or kind is bool or (kind is float and math.isfinite(value))):
            return False
        if not (0 < len(name) <= MAX_PROPERTY_NAME and name.isprintable()):
            return False
    return True


def _object(value: Mapping[str, Any], field: str, depth: int) -> dict[str, Any]:
    return {_name(key, field): _value(item, field, depth) for key, item in value.items()}


# The same few names come in every event.
@functools.lru_cache(4096)
def _name(key: str, field: str) -> str:
    name = storable(key)
    if not name or len(name) > MAX_PROPERTY_NAME:
        raise Refused(f"A name in {field} is empty or longer than {MAX_PROPERTY_NAME} characters.", field)
    return name


def _value(value: object, field: str, depth: int) -> object:
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if depth <= 1:
        raise Refused(f"{field} is nested deeper than {MAX_DEPTH} levels.", field)
    if isinstance(value, Mapping):
        return _object(value, field, depth - 1)
    if isinstance(value, list | tuple):
        return [_value(item, field, depth - 1) for item in value]
    raise Refused(f"{field} has a value that JSON does not know.", field)


def _number(value: float) -> float | None:
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    try:
        widened = float(value)
    except OverflowError:
        return None
    return widened if math.isfinite(widened) else None
