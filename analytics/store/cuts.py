"""Where a long chain of events is cut: no session is longer than a day (definitions: Session). No Django here."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from analytics.store.runs import DAY_MICROS

LONGEST_MICROS = DAY_MICROS


@dataclass(frozen=True, slots=True)
class Cut:
    """The events of a chain from `first` to `last` (their numbers, included) are a session of their own."""

    chain: int
    first: int
    last: int


def cuts(rows: Iterable[tuple[int, int, int]]) -> list[Cut]:
    """The sessions after the first of each long chain; `rows` are (chain, number, time in µs), by number."""
    return [cut for chain, own in groupby(rows, key=itemgetter(0)) for cut in _of_chain(chain, list(own))]


def _of_chain(chain: int, rows: list[tuple[int, int, int]]) -> list[Cut]:
    begun = rows[0][2]
    firsts: list[int] = []
    for _, number, time in rows:
        if time - begun > LONGEST_MICROS:
            begun = time
            firsts.append(number)
    ends = [*(first - 1 for first in firsts[1:]), rows[-1][1]]
    return [Cut(chain, first, last) for first, last in zip(firsts, ends, strict=True)] if firsts else []
