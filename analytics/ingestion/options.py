"""What a project and the installation say about how a call is read; settled once a request, not once an event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from analytics.ingestion.clock import BROWSER_WINDOW


def unknown(address: str) -> str:  # noqa: ARG001 (the shape of a lookup)
    """The country of an address where no database says."""
    return ""


@dataclass(frozen=True, slots=True)
class Options:
    """`keep_addresses`: the visitor's address is stored in the event's context as `ip`. `browser_window`: how late
    an event of a browser's library may be, None for any age. `oldest`: the first time that the plan keeps, in
    microseconds since 1970, which is 0 where it keeps all. `country_of`: an address → an ISO 3166 code, or empty
    where unknown.
    """

    keep_addresses: bool = False
    browser_window: timedelta | None = BROWSER_WINDOW
    oldest: int = 0
    country_of: Callable[[str], str] = unknown


DEFAULTS = Options()
