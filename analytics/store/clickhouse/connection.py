"""Clients of ClickHouse, one for each use, with a deadline and one kind of error. No Django here."""

import logging
import math
import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.errors import DeadlineExceeded, Invalid
from analytics.store.base import StoreFault
from analytics.store.clickhouse.address import Address
from analytics.store.clickhouse.resting import Resting, clear
from analytics.store.stop import Stop

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

LOG = logging.getLogger(__name__)
# What a query may say of itself; all other errors are the store's fault. Codes of ClickHouse's ErrorCodes.cpp.
TIMEOUTS = (159, 160, 209)
REFUSED = (427,)

SETTINGS: Mapping[str, Any] = {
    # As Ibis and SQL have it: nothing joined is NULL, and so is a sum of nothing.
    "join_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "session_timezone": "UTC",
    # What is kept for a moment may be of any type.
    "allow_suspicious_low_cardinality_types": 1,
    "max_bytes_before_external_group_by": 1 << 30,
    "max_bytes_before_external_sort": 1 << 30,
    # Rows are there when an insert or a mutation returns, on every shard and replica.
    "distributed_foreground_insert": 1,
    "mutations_sync": 2,
    "async_insert": 0,
    # Statements may name many ids.
    "max_query_size": 64 * 1024 * 1024,
    "max_ast_elements": 10_000_000,
    "max_expanded_ast_elements": 10_000_000,
}
# On a cluster, a reader on another replica sees what a writer was told is there.
CLUSTER_SETTINGS: Mapping[str, Any] = {
    "insert_quorum": "auto",
    "insert_quorum_parallel": 0,
    "select_sequential_consistency": 1,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that one statement may take, and bytes of memory; 0 is the server's own limit."""

    seconds: float
    memory: int = 0


@contextmanager
def client(address: Address, limits: Limits, stop: Stop | None = None) -> Iterator["Client"]:
    """A client with a session of its own, in which temporary tables live until the block is left.

    With `stop`, its statements are killed when that says so. Raises DeadlineExceeded and Invalid for what the
    query is to blame for, StoreFault for everything else.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415 (an optional extra)

    mark = f"plumbline-{uuid.uuid4()}"
    try:
        kind = (address, limits.memory, _patience(limits))
        own = _resting.take(kind) or _open(address, limits)
        try:
            own.set_client_setting("log_comment", mark)
            own.set_client_setting("max_execution_time", limits.seconds)
            if stop is None:
                yield own
            else:
                with stop.interrupting(lambda: _kill(address, limits, mark)):
                    yield own
            clear(own)
        except BaseException:
            # Whatever it was, nobody else should meet it.
            own.close()
            raise
        _resting.give_back(kind, own)
    except ClickHouseError as error:
        if stop is not None and stop.is_over:
            raise stop.error from error
        raise _translated(error, limits) from error


def _kill(address: Address, limits: Limits, mark: str) -> None:
    """End the statements of a client, from beside it. Where that fails, the server's own deadline ends them."""
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415 (an optional extra)

    everywhere = f"ON CLUSTER {name(address.cluster)} " if address.cluster else ""
    try:
        own = _open(address, limits)
        try:
            own.command(f"KILL QUERY {everywhere}WHERE Settings['log_comment'] = {text(mark)} ASYNC")
        finally:
            own.close()
    except ClickHouseError as error:
        LOG.warning("A query of ClickHouse could not be ended early: %s", error)


def _open(address: Address, limits: Limits) -> "Client":
    import clickhouse_connect  # noqa: PLC0415 (an optional extra)

    settings = {**SETTINGS, **(CLUSTER_SETTINGS if address.cluster else {})}
    if limits.memory:
        settings["max_memory_usage"] = limits.memory
    if address.path:
        with _opening:
            return clickhouse_connect.get_client(
                interface="chdb", path=address.path, database=address.database, settings=settings
            )
    return clickhouse_connect.get_client(
        host=address.host,
        port=address.port,
        username=address.user,
        password=address.password,
        database=address.database,
        secure=address.secure,
        settings=settings,
        send_receive_timeout=_patience(limits),
        autogenerate_session_id=True,
    )


def _patience(limits: Limits) -> int:
    """Seconds to wait for a server that does not answer any more (of itself it ends a statement in time).

    A power of two, so that clients for almost the same deadline are of one kind.
    """
    return 1 << math.ceil(math.log2(limits.seconds + 10))


_resting = Resting()
# The embedded engine does not like to be opened by two threads at once.
_opening = threading.Lock()


def _fresh_lock() -> None:
    global _opening  # noqa: PLW0603 (the parent may hold it at the fork)
    _opening = threading.Lock()


os.register_at_fork(after_in_child=_fresh_lock)


def _translated(error: Exception, limits: Limits) -> Exception:
    code = getattr(error, "code", None)
    if code in TIMEOUTS:
        return DeadlineExceeded(f"The query took longer than {limits.seconds:g} seconds.")
    if code in REFUSED:
        return Invalid(f"The query cannot be computed: {error}")
    return StoreFault(f"ClickHouse: {error}")


def text(value: str) -> str:
    """Text as an SQL literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def name(value: str) -> str:
    """A name as an SQL identifier."""
    return "`" + value.replace("\\", "\\\\").replace("`", "\\`") + "`"
