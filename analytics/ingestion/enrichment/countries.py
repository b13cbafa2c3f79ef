"""The country of a visitor: from a trusted proxy's header, else its address, else the browser's time zone."""

import functools
from importlib import resources


def country(*, header: str, located: str, time_zone: str) -> str:
    """An ISO 3166 alpha-2 code, or empty where unknown. `located` is what a database says of the address."""
    for code in (header.strip().upper(), located):
        if code in _codes():
            return code
    zones = _zones()
    return zones.get(time_zone) or zones.get(_links().get(time_zone, ""), "")


@functools.cache
def _codes() -> frozenset[str]:
    return frozenset(_table("iso3166.tab", 0, 0))


@functools.cache
def _zones() -> dict[str, str]:
    """Zone name → the country it lies in, from the time zone database's own table."""
    return _table("zone.tab", 2, 0)


@functools.cache
def _links() -> dict[str, str]:
    """Old zone names, which some browsers still send (Asia/Calcutta), → today's."""
    lines = _lines("tzdata.zi")
    return {parts[2]: parts[1] for parts in map(str.split, lines) if parts[0] == "L"}


def _table(name: str, key: int, value: int) -> dict[str, str]:
    rows = (line.split("\t") for line in _lines(name))
    return {row[key].strip(): row[value].strip() for row in rows}


def _lines(name: str) -> list[str]:
    text = resources.files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
