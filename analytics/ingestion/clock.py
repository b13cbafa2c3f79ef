"""When an event happened, in whole microseconds since 1970 (definitions: Event and person)."""

from datetime import UTC, datetime, timedelta

from analytics.contracts import DropReason
from analytics.ingestion.refusal import Refused

FUTURE_TOLERANCE = timedelta(hours=24)
# For calls of a browser's library; servers and imports may send what is years old.
BROWSER_WINDOW = timedelta(days=5)

_SECOND = 1_000_000
_DAY = 86_400  # seconds
# A number over this is milliseconds: as seconds it would be a day after the year 5000.
_MILLISECONDS_FROM = 100_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOLERANCE = FUTURE_TOLERANCE // _MICROSECOND


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 of an aware datetime, exactly."""
    # A third of the time of dividing by a microsecond.
    since = moment - _EPOCH
    return (since.days * _DAY + since.seconds) * _SECOND + since.microseconds


def read(value: object, field: str) -> int | None:
    """A time given as ISO 8601 (UTC where it names no zone) or as seconds or milliseconds since 1970.

    None where none is given. Raises Refused for anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _read_text(value, field)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MILLISECONDS_FROM * 1000:
        return round(value * (_SECOND if abs(value) < _MILLISECONDS_FROM else 1000))
    raise Refused(f"{field} is not a time; an example is 2026-03-01T12:00:00Z.", field)


def _read_text(value: str, field: str) -> int:
    try:
        moment = datetime.fromisoformat(value.strip())
        return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise Refused(f"{field} is not a time; an example is 2026-03-01T12:00:00Z.", field) from error


def event_time(
    *,
    timestamp: int | None,
    original: int | None,
    sent: int | None,
    received: int,
    window: timedelta | None = None,
    oldest: int = 0,
) -> int:
    """The event's time, all in microseconds.

    Corrected for the client's clock where the client says both when it happened and when it sent; what lies more
    than 24 h ahead happened when it was received. Raises Refused for what is before 1970, older than `window`,
    or before `oldest`.
    """
    if original is not None and sent is not None:
        time = received - (sent - original)
    elif timestamp is not None:
        time = timestamp
    else:
        time = received if original is None else original
    if time > received + _TOLERANCE:
        return received
    if time < 0:
        raise Refused("timestamp lies before 1970.", "timestamp")
    if window is not None and time < received - window // _MICROSECOND:
        raise Refused(f"The event is older than {window.days} days.", "timestamp", DropReason.TOO_OLD)
    if time < oldest:
        raise Refused("The event is older than the plan keeps events.", "timestamp", DropReason.TOO_OLD)
    return time
