"""Cut a person's events into sessions (definitions: Session). No Django here.

The engine forms runs without a gap of more than 30 minutes; only a run longer than 24 hours, as a machine makes,
is cut here, one event after the other: where a session begins depends on where the one before began.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

GAP_MICROS = 30 * 60 * 1_000_000
LONGEST_MICROS = 24 * 60 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class Cut:
    """The events of a run from `first` to `last` (places, included) are a session of their own."""

    run: int
    first: int
    last: int


def cuts(rows: Iterable[tuple[int, int, int]]) -> list[Cut]:
    """The sessions after the first of each long run; `rows` are (run, place, time in µs), by place."""
    return [cut for run, own in groupby(rows, key=itemgetter(0)) for cut in _of_run(run, list(own))]


def _of_run(run: int, rows: list[tuple[int, int, int]]) -> list[Cut]:
    begun = rows[0][2]
    firsts: list[int] = []
    for _, place, time in rows:
        if time - begun > LONGEST_MICROS:
            begun = time
            firsts.append(place)
    ends = [*(first - 1 for first in firsts[1:]), rows[-1][1]]
    return [Cut(run, first, last) for first, last in zip(firsts, ends, strict=True)] if firsts else []
