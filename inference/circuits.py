"""How providers fare, known to every worker: who fails again and again is left alone for a while.

A circuit is of one model with one key. It opens after some failures with no success between, or when the provider
says for how long it wants to be left alone; then one caller is let through, and the others follow if that goes
well. It is kept in Redis for minutes; while Redis is away, each process goes by what it saw itself.
"""

import asyncio
import random
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from time import monotonic, time
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from inference.providers.base import ProviderError

# Failures with no success between that open a circuit, if they come within so many seconds.
MOST_FAULTS = 8
WINDOW = 60
# Seconds for which it stays open: doubling, or as the provider says.
FIRST_REST, LONGEST_REST, LONGEST_ASKED_REST = 5.0, 60.0, 3600.0
# How old what was read of Redis may be, and how long one caller may try alone; seconds.
_FRESH, _PROBE = 1.0, 30
_PATIENCE = 2.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Circuit:
    """`until` is a time of the clock, 0 where it never opened; `opened` counts how often in a row."""

    faults: int = 0
    until: float = 0.0
    opened: int = 0
    code: str = ""

    @property
    def is_clean(self) -> bool:
        return self == _CLEAN

    @property
    def rest(self) -> float:
        """For how many seconds it still is open."""
        return max(0.0, self.until - time())

    @classmethod
    def read(cls, found: Mapping[bytes, bytes]) -> "Circuit":
        given = {name.decode(): value.decode() for name, value in found.items()}
        return cls(
            faults=int(given.get("faults", 0)),
            until=float(given.get("until", 0)),
            opened=int(given.get("opened", 0)),
            code=given.get("code", ""),
        )


_CLEAN = Circuit()


def key_of(name: str) -> str:
    return f"inference:circuit:{name}"


class Circuits:
    """Those of one process, in its event loop."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self.known: dict[str, tuple[float, Circuit]] = {}
        self.looking: dict[str, asyncio.Task[Circuit]] = {}
        self.probed: dict[str, float] = {}

    async def rest(self, name: str) -> float:
        """Seconds to leave it alone for; 0 to ask now. When a rest has just ended, one caller gets 0."""
        found = await self._look(name)
        if found.rest:
            return found.rest
        return 0.0 if not found.until or await self._may_probe(name) else _FRESH

    async def succeeded(self, name: str) -> None:
        """It answers: a circuit that is not clean is forgotten."""
        if (await self._look(name)).is_clean:
            return
        self.known[name] = (monotonic(), _CLEAN)
        self.probed.pop(name, None)
        try:
            await _soon(self.redis.delete(key_of(name), _probe_of(name)))
        except (RedisError, OSError) as error:
            _log.warning("inference_circuit_not_shared", error=str(error))

    async def failed(self, name: str, error: ProviderError) -> None:
        """It failed in a way that is its own: enough of these open it, and so does its wish to be left alone."""
        found = await self._look(name)
        found = replace(found, faults=await self._count(name, found.faults), code=error.code)
        wish = min(error.retry_after or 0.0, LONGEST_ASKED_REST)
        if wish or found.opened or found.faults >= MOST_FAULTS:
            rest = wish or min(FIRST_REST * 2.0**found.opened, LONGEST_REST) * random.uniform(0.9, 1.1)  # noqa: S311
            found = replace(
                found, until=max(found.until, time() + rest), opened=min(found.opened + (not wish), 10)
            )
            _log.warning("inference_circuit_opened", circuit=name, seconds=round(rest, 1), code=error.code)
        self.known[name] = (monotonic(), found)
        self.probed.pop(name, None)
        await self._share(name, found)

    async def gave_up(self, name: str) -> None:
        """The caller that was let through went before it knew: another may try."""
        if self.probed.pop(name, None) is not None:
            try:
                await _soon(self.redis.delete(_probe_of(name)))
            except (RedisError, OSError) as error:
                _log.warning("inference_circuit_not_shared", error=str(error))

    async def _look(self, name: str) -> Circuit:
        at, known = self.known.get(name, (-_FRESH, _CLEAN))
        if monotonic() - at < _FRESH:
            return known
        # A thousand calls that begin at once ask once.
        if name not in self.looking:
            self.looking[name] = asyncio.create_task(self._read(name, at, known))
            self.looking[name].add_done_callback(lambda _: self.looking.pop(name, None))
        return await asyncio.shield(self.looking[name])

    async def _read(self, name: str, at: float, known: Circuit) -> Circuit:
        try:
            wanted: Any = self.redis.hgetall(key_of(name))  # typed for both kinds of client at once
            found: Any = await _soon(wanted)
            known = Circuit.read(found)
        except (RedisError, OSError):
            known = known if known.rest or monotonic() - at < WINDOW else _CLEAN
        self.known[name] = (monotonic(), known)
        return known

    async def _may_probe(self, name: str) -> bool:
        now = monotonic()
        if now - self.probed.get(name, -_PROBE) < _PROBE:
            return False
        try:
            first = bool(await _soon(self.redis.set(_probe_of(name), "1", nx=True, ex=_PROBE)))
        except (RedisError, OSError):
            first = True
        if first:
            self.probed[name] = now
        return first

    async def _count(self, name: str, known: int) -> int:
        try:
            wanted: Any = self.redis.hincrby(key_of(name), "faults", 1)
            return int(await _soon(wanted))
        except (RedisError, OSError):
            return known + 1

    async def _share(self, name: str, found: Circuit) -> None:
        values: dict[Any, Any] = {"code": found.code, "until": found.until, "opened": found.opened}
        kept = WINDOW + int(found.rest) + int(LONGEST_REST if found.opened else 0)
        try:
            async with self.redis.pipeline(transaction=False) as pipeline:
                pipeline.hset(key_of(name), mapping=values)
                pipeline.expire(key_of(name), kept)
                pipeline.delete(_probe_of(name))
                await _soon(pipeline.execute())
        except (RedisError, OSError) as error:
            _log.warning("inference_circuit_not_shared", error=str(error))


async def _soon(answer: Awaitable[Any]) -> Any:
    """No call waits for a Redis that hangs; TimeoutError is an OSError."""
    async with asyncio.timeout(_PATIENCE):
        return await answer


def _probe_of(name: str) -> str:
    return f"inference:probe:{name}"
