"""The pool of connections outlives the server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from tests.analytics.test_door import plain_parameters

MANY = 6
OURS = "SELECT pg_backend_pid()"


def asked(barrier: threading.Barrier) -> int:
    """The process that answers a new thread, which holds its connection until all have one."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(OURS)
            pid = int(cursor.fetchone()[0])
        barrier.wait(30)
        return pid
    finally:
        connection.close()


@pytest.mark.django_db
def test_whoever_comes_after_all_connections_died_is_served() -> None:
    with ThreadPoolExecutor(MANY) as threads:
        pids = list(threads.map(asked, [threading.Barrier(MANY)] * MANY))
        with psycopg.connect(**plain_parameters()) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [pids])

        # Each connection that the pool finds dead by itself costs twice as long as the one before.
        assert threads.submit(asked, threading.Barrier(1)).result(5) not in pids
