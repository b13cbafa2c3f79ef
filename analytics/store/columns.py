"""Properties as typed columns of a segment, and traits and cohorts as columns of a reading. No Django here.

A property has up to two columns: its numbers (`n:price`) and its texts (`t:price`); true and false are in both, as
1 and 0 and as `true` and `false`. Lists and objects stay in the JSON only, and so do properties beyond
`MOST_PROPERTIES`.
"""

import contextlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from types import NoneType
from typing import Any

import pyarrow as pa

from analytics.contracts import number_column, text_column

MOST_PROPERTIES = 200
# Stands among a segment's property columns if some of its properties are in the JSON only.
JSON_ONLY = "{}"
_NUMBERS = {int, float}
# Whose a trait is, as the names of its columns begin.
PERSON = "p"
GROUP = "g"


def number_name(property_name: str) -> str:
    """The column of a property's numbers."""
    return number_column(_apart(property_name))


def text_name(property_name: str) -> str:
    """The column of a property's texts."""
    return text_column(_apart(property_name))


def trait_number_name(of: str, trait: str) -> str:
    """The column of the numbers of a trait of a `PERSON` or a `GROUP`."""
    return f"{of}{number_name(trait)}"


def trait_text_name(of: str, trait: str) -> str:
    """The column of the texts of a trait of a `PERSON` or a `GROUP`."""
    return f"{of}{text_name(trait)}"


def cohort_name(cohort: int) -> str:
    """The column that says whether the person is in a cohort."""
    return f"in:{cohort}"


def _apart(name: str) -> str:
    """Engines take `Price` and `price` for one column: an upper-case letter is written `^p`, a caret `^^`."""
    if name.isascii() and name.islower() and "^" not in name:
        return name
    return "".join(f"^{char.lower()}" if char != char.lower() or char == "^" else char for char in name)


def property_columns(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, pa.Array], bool]:
    """The columns of these rows' most frequent properties by name, and whether others were left out."""
    chosen, left_out = _chosen(rows)
    columns: dict[str, pa.Array] = {}
    for name in chosen:
        columns |= _typed(name, [row.get(name) for row in rows])
    return dict(sorted(columns.items())), left_out


def _chosen(rows: Sequence[Mapping[str, Any]]) -> tuple[Collection[str], bool]:
    """The names to make columns of, and whether there are others with a number or a text."""
    names = set(chain.from_iterable(rows))
    if len(names) <= MOST_PROPERTIES:
        return names, False
    counts = Counter(name for row in rows for name, value in row.items() if isinstance(value, str | int | float))
    chosen = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_PROPERTIES]
    return chosen, len(counts) > MOST_PROPERTIES


def _typed(name: str, values: Sequence[Any]) -> dict[str, pa.Array]:
    """The columns of a property that have a value; almost every property has values of one type."""
    kinds = set(map(type, values)) - {NoneType}
    if kinds == {str}:
        return {text_name(name): pa.array(values, pa.string())}
    if kinds and kinds <= _NUMBERS:
        # Arrow takes no whole number that a float only comes near to.
        with contextlib.suppress(pa.ArrowInvalid):
            return {number_name(name): pa.array(values, pa.float64())}
    numbers = pa.array([as_number(value) for value in values], pa.float64())
    texts = pa.array([as_text(value) for value in values], pa.string())
    found = {number_name(name): numbers, text_name(name): texts}
    return {column: array for column, array in found.items() if array.null_count < len(array)}


def as_number(value: Any) -> float | None:
    """A number or boolean as a float; None for others and for whole numbers that no float can hold."""
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def as_text(value: Any) -> str | None:
    """A text, or a boolean as `true` or `false`; None for others."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None
