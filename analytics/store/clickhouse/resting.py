"""Clients of ClickHouse that are at rest: to greet a server takes longer than many a question. No Django here."""

import os
import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MOST = 4
_TABLES = "SELECT name FROM system.tables WHERE is_temporary AND database = ''"


class Resting:
    """Up to so many clients for each key; each has a session of its own, without temporary tables."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[Hashable, list[Client]] = {}
        self._of_parent: list[dict[Hashable, list[Client]]] = []
        os.register_at_fork(after_in_child=self._leave_to_parent)

    def take(self, key: Hashable) -> "Client | None":
        """A client that nobody else has until it is given back."""
        with self._lock:
            found = self._clients.get(key)
            return found.pop() if found else None

    def give_back(self, key: Hashable, own: "Client") -> None:
        with self._lock:
            found = self._clients.setdefault(key, [])
            if len(found) < MOST:
                found.append(own)
                return
        own.close()

    def _leave_to_parent(self) -> None:
        """A forked child has a lock that no thread of the parent's holds, and must not even close its clients."""
        self._lock = threading.Lock()
        self._of_parent.append(self._clients)
        self._clients = {}


def clear(own: "Client") -> None:
    """Drop the session's tables: their memory is free at once, and their names are for the next one."""
    for (table,) in own.query(_TABLES).result_rows:
        own.command("DROP TEMPORARY TABLE IF EXISTS `" + table.replace("`", "\\`") + "`")
