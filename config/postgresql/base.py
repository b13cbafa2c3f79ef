"""Django's PostgreSQL backend, which recovers at once from a server that restarted.

The check that psycopg's pool does itself replaces the one dead connection that it finds, pauses for a second, and
takes the next one, dead as well: with each the pause doubles, so that after a busy hour nobody gets a connection
before the time for it is over. Here all are looked at as soon as one is dead.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Instead of CONN_HEALTH_CHECKS, which has to be off: a connection is looked at when it is taken."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        found = super().get_new_connection(conn_params)
        if self.pool is None or _is_alive(found):
            return found
        self.pool.putconn(found)
        self.pool.check()
        return super().get_new_connection(conn_params)


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True
