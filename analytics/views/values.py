"""How the values of a dimension read: country codes as names, an empty value as a word."""

import functools
from collections.abc import Sequence
from importlib import resources

_EMPTY = {"source": "Direct", "channel": "Direct", "utm_campaign": "No campaign", "path": "No page"}


def value_label(field: str, value: str) -> str:
    if not value:
        return _EMPTY.get(field, "No page" if field.endswith("_path") else "Unknown")
    if field == "country":
        return _country_names().get(value, value)
    if field in {"device", "channel"}:
        return value[:1].upper() + value[1:]
    return value


def group_label(fields: Sequence[str], values: Sequence[str]) -> str:
    """A group of a breakdown, by the value of each of its fields."""
    return " / ".join(value_label(field, value) for field, value in zip(fields, values, strict=True))


@functools.cache
def _country_names() -> dict[str, str]:
    """ISO 3166 code → English name, from the time zone database's own table."""
    text = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1].strip() for row in rows}
