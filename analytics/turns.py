"""Whose turn it is: work of many organizations in one process, in an order that is fair. No Django here.

Of those who wait, the organization with the least running goes first, then who came first; none has more running
at once than its limit.
"""

import heapq
import itertools
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_numbers = itertools.count()


@dataclass(slots=True, eq=False)
class Turn:
    """One piece of work that waits or runs: whose it is, how much of theirs may run, and what begins it."""

    organization: int
    limit: int
    begin: Callable[[], None]
    number: int = field(default_factory=lambda: next(_numbers))


class Turns:
    """`places` may run at once. `begin` of a turn is called with the lock held, so it only hands over."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._lock = threading.RLock()
        self._waiting: list[Turn] = []
        self._running: Counter[int] = Counter()
        self._resting: dict[int, float] = {}

    def join(self, turn: Turn) -> None:
        with self._lock:
            self._waiting.append(turn)
            self._dispatch()

    def leave(self, turn: Turn) -> bool:
        """Wait no more; False where the turn has begun."""
        with self._lock:
            if turn not in self._waiting:
                return False
            self._waiting.remove(turn)
            return True

    def end(self, turn: Turn) -> None:
        with self._lock:
            self._running[turn.organization] -= 1
            self._dispatch()

    def give_back(self, turn: Turn, seconds: float) -> None:
        """Wait again where one stood: the organization may not run more elsewhere; look after these seconds."""
        with self._lock:
            self._running[turn.organization] -= 1
            self._waiting.append(turn)
            self._waiting.sort(key=lambda one: one.number)
            self._resting[turn.organization] = time.monotonic() + seconds
            self._dispatch()
        timer = threading.Timer(seconds, self.look)
        timer.daemon = True
        timer.start()

    def look(self) -> None:
        """Begin what may begin."""
        with self._lock:
            self._dispatch()

    def position(self, turn: Turn) -> int:
        """How many turns begin before this one does, and it: 1 is next, 0 has begun."""
        with self._lock:
            if turn not in self._waiting:
                return 0
            return in_order(self._waiting, self._running).index(turn) + 1

    def _dispatch(self) -> None:
        while self._running.total() < self.places:
            now = time.monotonic()
            allowed = [
                turn
                for turn in self._waiting
                if self._running[turn.organization] < turn.limit
                and self._resting.get(turn.organization, 0.0) <= now
            ]
            if not allowed:
                return
            turn = min(allowed, key=lambda one: (self._running[one.organization], one.number))
            self._waiting.remove(turn)
            self._running[turn.organization] += 1
            turn.begin()


def in_order(waiting: Iterable[Turn], running: Mapping[int, int]) -> list[Turn]:
    """The order in which turns begin, if each runs as long as any other."""
    own: dict[int, deque[Turn]] = defaultdict(deque)
    for turn in waiting:
        own[turn.organization].append(turn)
    heads = [(running.get(key, 0), turns[0].number, key) for key, turns in own.items()]
    heapq.heapify(heads)
    found: list[Turn] = []
    while heads:
        count, _, key = heapq.heappop(heads)
        found.append(own[key].popleft())
        if own[key]:
            heapq.heappush(heads, (count + 1, own[key][0].number, key))
    return found
