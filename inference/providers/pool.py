"""The providers that a process holds open, one for each key and address, until nobody has used it for long."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from time import monotonic

from inference.providers import base
from inference.providers.connect import connect
from inference.routes import Way

# Its connections are closed long before.
_IDLE_SECONDS = 300.0

_Key = tuple[str, str, str, int | None, bool]


@dataclass(slots=True)
class _Held:
    provider: base.Provider
    users: int = 0
    used_at: float = 0.0


class Pool:
    """Of one event loop."""

    def __init__(self) -> None:
        self.held: dict[_Key, _Held] = {}
        self.connecting = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def using(self, way: Way) -> AsyncIterator[base.Provider]:
        """The provider of a way, which stays open as long as the block."""
        held = self.held.get(_key(way)) or await self._connect(way)
        held.users += 1
        try:
            yield held.provider
        finally:
            held.users -= 1
            held.used_at = monotonic()

    @property
    def credentials(self) -> set[int]:
        """The organizations' own keys for which something is open."""
        return {key[3] for key in self.held if key[3] is not None}

    async def sweep(self, *, revoked: Collection[int] = ()) -> None:
        """Close what nobody uses and is idle for long, or whose key was revoked."""
        edge = monotonic() - _IDLE_SECONDS
        over = [
            key for key, held in self.held.items() if not held.users and (held.used_at < edge or key[3] in revoked)
        ]
        # All at once: while one is closed, somebody may begin to use another.
        for held in [self.held.pop(key) for key in over]:
            await held.provider.close()

    async def close(self) -> None:
        held, self.held = list(self.held.values()), {}
        for each in held:
            await each.provider.close()

    async def _connect(self, way: Way) -> _Held:
        async with self.connecting:
            key = _key(way)
            if key not in self.held:
                self.held[key] = _Held(await connect(way), used_at=monotonic())
            return self.held[key]


def _key(way: Way) -> _Key:
    """A key that was replaced is another, and the old one becomes idle."""
    return (way.target.provider.value, way.base_url, way.key, way.target.credential_id, way.guarded)
