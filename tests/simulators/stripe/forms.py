"""Forms as Stripe's clients send them (`items[0][price]=…`), to nested dicts and back."""

import re
from typing import Any
from urllib.parse import parse_qsl

_PART = re.compile(r"[^\[\]]+")


def read(text: str) -> dict[str, Any]:
    """Nested dicts; what has numbers for keys is a list."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *parents, last = _PART.findall(name)
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    found: dict[str, Any] = _lists(tree)
    return found


def written(values: Any, prefix: str = "") -> list[tuple[str, str]]:
    """The fields of a form."""
    if isinstance(values, dict):
        pairs = list(values.items())
    elif isinstance(values, list):
        pairs = list(enumerate(values))
    else:
        return [(prefix, str(values))]
    return [field for key, value in pairs for field in written(value, f"{prefix}[{key}]" if prefix else str(key))]


def _lists(values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    inner = {key: _lists(value) for key, value in values.items()}
    if inner and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
