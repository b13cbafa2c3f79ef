"""From a spec to a page of events. No Django here.

The period is read from the end that comes first, in windows that grow, and no further than the page needs: however
much is stored, the newest page is in the newest files.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from typing import Any

import msgspec

from analytics.contracts import TIMES
from analytics.kinds.base import Read
from analytics.kinds.explorer import search
from analytics.kinds.explorer.result import EventRow, EventsResult
from analytics.kinds.explorer.spec import MESSAGE_ID, EventsSpec, Order, Place, cursor_of, place_of
from analytics.kinds.frame import Frame
from analytics.periods import Span
from analytics.redaction import without
from analytics.store.base import Range, Wanted

FIRST_WINDOW = timedelta(days=1)
GROWTH = 4
INSTANT = timedelta(microseconds=1)
_OBJECTS = {"properties", "context"}
_decode = msgspec.json.Decoder().decode


def answer(spec: EventsSpec, frame: Frame, read: Read) -> EventsResult:
    period = frame.current.span
    found = _places(spec, period, read)
    page = found[: spec.limit]
    return EventsResult(
        events=_rows(spec, page, read),
        next=cursor_of(page[-1]) if len(found) > spec.limit else "",
        total=_total(spec, period, read) if spec.count else None,
    )


def _places(spec: EventsSpec, period: Span, read: Read) -> list[Place]:
    """The place of each event of the page, and of one more if there is one."""
    after = place_of(spec.after) if spec.after else None
    # Sessions are those of the whole period, so it has to be read at once.
    windows = [period] if search.wanted(spec).sessions else _windows(_left(spec, period, after), spec.order)
    found: list[Place] = []
    for window in windows:
        if len(found) > spec.limit:
            break
        with read(Range(window, (window,)), search.wanted(spec)) as reading:
            more = search.places(spec, reading, after, spec.limit + 1 - len(found))
        found += [(at.replace(tzinfo=UTC), message_id) for at, message_id in more]
    return found


def _left(spec: EventsSpec, period: Span, after: Place | None) -> Span:
    if after is None:
        return period
    at = min(max(after[0], period.start), period.end)
    return (
        Span(period.start, min(at + INSTANT, period.end)) if spec.order is Order.NEWEST else Span(at, period.end)
    )


def _windows(span: Span, order: Order) -> Iterator[Span]:
    """The span in parts, the one that comes first first."""
    length, left = FIRST_WINDOW, span
    while left.start < left.end:
        if order is Order.NEWEST:
            cut = max(left.start, left.end - length)
            window, left = Span(cut, left.end), Span(left.start, cut)
        else:
            cut = min(left.end, left.start + length)
            window, left = Span(left.start, cut), Span(cut, left.end)
        yield window
        length *= GROWTH


def _rows(spec: EventsSpec, page: Sequence[Place], read: Read) -> tuple[EventRow, ...]:
    """The events of these places, with what is shown of them."""
    if not page:
        return ()
    moments = frozenset(at for at, _ in page)
    span = Span(min(moments), max(moments) + INSTANT)
    wanted = Wanted(columns=frozenset({MESSAGE_ID, *spec.columns}))
    with read(Range(span, (span,), moments), wanted) as reading:
        events = reading.events.filter(reading.events[MESSAGE_ID].isin([message_id for _, message_id in page]))
        rows = reading.rows(events.select("time", MESSAGE_ID, *spec.columns))
    found = {(at.replace(tzinfo=UTC), message_id): values for at, message_id, *values in rows}
    return tuple(EventRow(*place, _shown(spec, found[place])) for place in page)


def _shown(spec: EventsSpec, values: Sequence[Any]) -> dict[str, Any]:
    return {name: _value(name, value, spec.left_out) for name, value in zip(spec.columns, values, strict=True)}


def _value(name: str, value: Any, left_out: frozenset[str]) -> Any:
    if name in _OBJECTS:
        return without(_decode(value), left_out)
    return f"{value.replace(tzinfo=None).isoformat()}Z" if name in TIMES else value


def _total(spec: EventsSpec, period: Span, read: Read) -> int:
    with read(Range(period, (period,)), search.wanted(spec)) as reading:
        return search.count(spec, reading)
