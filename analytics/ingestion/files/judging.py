"""Rows of a file become events and totals, or are counted with the reason why not."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from msgspec.structs import replace

from analytics.contracts import DropReason, Event
from analytics.ingestion import cleaning
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.files.source import Row, Total
from analytics.ingestion.normalize import MAX_LABEL, Refused, normalize
from analytics.ingestion.options import Options

Complain = Callable[[int, str], None]
_NOBODY = ClientInfo()


@dataclass(slots=True)
class Judged:
    """What became of some rows: each is accepted, dropped or unreadable. `complaints` are line and reason."""

    events: list[Event] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    drops: Counter[DropReason] = field(default_factory=Counter)
    complaints: list[tuple[int, str]] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return len(self.events) + len(self.totals)

    @property
    def unreadable(self) -> int:
        return self.drops[DropReason.INVALID]

    @property
    def dropped(self) -> Counter[DropReason]:
        """Those that could be read and are not wanted, by reason."""
        return Counter({reason: count for reason, count in self.drops.items() if reason is not DropReason.INVALID})


def judge(rows: Iterable[Row], *, now: datetime, options: Options, keep_bots: bool) -> Judged:
    """Check and enrich rows of a file that is read at `now`."""
    judged = Judged()
    for row in rows:
        if row.call is None:
            judged.complaints.append((row.number, row.reason))
            judged.drops[DropReason.INVALID] += 1
        elif isinstance(row.call, Total):
            judged.totals.append(row.call)
        else:
            _judge_event(row, judged, now, options, keep_bots)
    return judged


def _judge_event(row: Row, judged: Judged, now: datetime, options: Options, keep_bots: bool) -> None:
    try:
        judged.events.append(event_of(row, now=now, options=options, keep_bots=keep_bots))
    except Refused as refusal:
        judged.drops[refusal.drop] += 1
        if refusal.drop is DropReason.INVALID:
            judged.complaints.append((row.number, refusal.reason))


def event_of(row: Row, *, now: datetime, options: Options, keep_bots: bool) -> Event:
    """The event of a row that has one. Raises Refused."""
    if isinstance(row.call, Event):
        return row.call if options.keep_addresses else _without_address(row.call)
    if row.call is None or isinstance(row.call, Total):
        raise Refused("The row is no event.")
    event = normalize(row.call, now=now, source=_NOBODY, options=options, keep_bots=keep_bots)
    known = {name: cleaning.text(value, MAX_LABEL) for name, value in row.known.items()}
    return replace(event, **known) if known else event


def _without_address(event: Event) -> Event:
    """An export of a project that keeps addresses brings none into one that does not."""
    if '"ip"' not in event.context:
        return event
    context = {name: value for name, value in msgspec.json.decode(event.context).items() if name != "ip"}
    return replace(event, context=msgspec.json.encode(context).decode() if context else "{}")
