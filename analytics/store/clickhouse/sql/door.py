"""ClickHouse's HTTP interface, as a user who may only read: a statement in, bytes out. No Django here.

The client of `connection` sends settings and keeps sessions, which such a user may not.
"""

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from analytics.store.base import StoreFault
from analytics.store.clickhouse.address import PROJECT, Address, address_of
from analytics.store.stop import Stop

# What a server may still take to say that a deadline is over.
_GRACE_SECONDS = 5.0
_LONGEST_ERROR = 64 * 1024


class Failed(Exception):
    """What ClickHouse says of a statement: its code, and its message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Door:
    """Where one project's user is let in."""

    address: Address

    def rows(self, statement: str, stop: Stop) -> list[list[Any]]:
        """The rows of a statement of ours. Raises as `answer` does."""
        lines = self.answer(statement, "JSONCompactEachRow", stop).splitlines()
        return [json.loads(line) for line in lines]

    def answer(self, statement: str, form: str, stop: Stop, most: int = 1 << 24) -> bytes:
        """What ClickHouse answers, in one of its formats, up to so many bytes.

        Raises Failed, StoreFault where it cannot be reached, and what `stop` says at its end.
        """
        with self._asked(statement, form, stop) as response:
            if code := response.getheader("X-ClickHouse-Exception-Code"):
                raise Failed(int(code), response.read(_LONGEST_ERROR).decode(errors="replace"))
            if response.status != http.HTTPStatus.OK:
                raise StoreFault(f"ClickHouse answered {response.status} to SQL.")
            body = response.read(most)
        if stop.is_over:
            # Perhaps it is not all of it.
            raise stop.error
        return body

    @contextmanager
    def _asked(self, statement: str, form: str, stop: Stop) -> Iterator[http.client.HTTPResponse]:
        connection = self._connection(stop)
        try:
            # ClickHouse ends a query that only reads once its client has hung up.
            with stop.interrupting(lambda: _hang_up(connection)):
                connection.request("POST", f"/?{self._query(form)}", statement.encode(), self._headers())
                yield connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            if stop.is_over:
                raise stop.error from error
            raise StoreFault(f"ClickHouse cannot be reached for SQL: {error}") from error
        finally:
            connection.close()

    def _connection(self, stop: Stop) -> http.client.HTTPConnection:
        host, port, seconds = self.address.host, self.address.port, stop.remaining + _GRACE_SECONDS
        if self.address.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
        return http.client.HTTPConnection(host, port, timeout=seconds)

    def _query(self, form: str) -> str:
        """Nothing of it is a setting. Nothing is sent before it is known whether all of it is there."""
        return urlencode({"default_format": form, "wait_end_of_query": 1})

    def _headers(self) -> dict[str, str]:
        known = f"{self.address.user}:{self.address.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(known).decode()}"}


def door_of(url: str, project_id: int) -> Door:
    """The door of a project, by the address of all of them."""
    address = address_of(url)
    return Door(replace(address, user=address.user.replace(PROJECT, str(project_id))))


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
