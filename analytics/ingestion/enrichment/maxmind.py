"""The country of an address from a MaxMind DB file (GeoLite2, GeoIP2, DB-IP and others of the format)."""

import functools
import logging
import time
from collections.abc import Callable
from pathlib import Path

import maxminddb

from analytics.ingestion.options import unknown

LOG = logging.getLogger(__name__)
_CACHED = 16_384

_Stamp = tuple[int, int, int]


class CountryFile:
    """One file, mapped into memory once, and opened again where it was replaced.

    Replace it by renaming, as geoipupdate does: a mapped file must not be written over. A new file that cannot be
    read is logged, and the one before stays in use.
    """

    def __init__(self, path: Path, *, look_every: float = 5.0) -> None:
        self._path = path
        self._look_every = look_every
        self._looked_at = float("-inf")
        self._stamp: _Stamp | None = None
        self._lookup: Callable[[str], str] = unknown

    def country_of(self, address: str) -> str:
        """An ISO 3166 alpha-2 code in capitals; empty for what is no address, or unknown to the file."""
        if not address:
            return ""
        now = time.monotonic()
        if now - self._looked_at >= self._look_every:
            self._looked_at = now
            self._open_if_new()
        return self._lookup(address)

    def _open_if_new(self) -> None:
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            reader = maxminddb.open_database(self._path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            LOG.warning("The country database cannot be read: %s", error, extra={"path": str(self._path)})
            return
        self._lookup = functools.lru_cache(_CACHED)(functools.partial(_country, reader))


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _country(reader: maxminddb.Reader, address: str) -> str:
    try:
        record = reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return ""
    country = record.get("country") if isinstance(record, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code.upper() if isinstance(code, str) else ""
