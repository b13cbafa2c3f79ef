"""JSON as some libraries send it: NaN and Infinity, lone surrogates, numbers of any length."""

import json
from typing import Any

# An integer that may fit into 64 bits has no more characters, with its sign.
_LONGEST = 20


def parse(text: bytes) -> Any:
    """What a strict decoder would find, where it is strict JSON. NaN and Infinity become None.

    Raises ValueError, or RecursionError for what is nested too deep.
    """
    return json.loads(text, parse_constant=lambda _: None, parse_int=_read_int)


def _read_int(digits: str) -> float:
    # Beyond 64 bits only the magnitude can be kept, and Python refuses to read thousands of digits.
    return int(digits) if len(digits) <= _LONGEST else float(digits)
