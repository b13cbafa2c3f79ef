"""Names taken out of JSON, at any depth. No Django here, nor what takes long to import: each SQL has a process."""

from collections.abc import Mapping
from typing import Any

import msgspec

# By this name the views of an analyst's SQL call it.
SQL_FUNCTION = "without_sensitive"

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def without(value: Any, names: frozenset[str]) -> Any:
    """A JSON value without the keys of these names."""
    if not names:
        return value
    if isinstance(value, Mapping):
        return {key: without(one, names) for key, one in value.items() if key not in names}
    if isinstance(value, list):
        return [without(one, names) for one in value]
    return value


def text_without(text: str, names: frozenset[str]) -> str:
    """The same of JSON as text; of what is no JSON nothing is left."""
    try:
        return _encode(without(_decode(text), names)).decode()
    except msgspec.MsgspecError:
        return "{}"
