"""The embedded PostgreSQL as `make run` starts it."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from config.embedded import postgres
from tests.product import eventually
from tests.services_plugin import running


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux syncs a whole file system at once.")
def test_after_a_crash_its_files_are_synced_at_once(tmp_path: Path) -> None:
    server = postgres.prepare(tmp_path / "postgres")

    with running(server):
        postgres.create_database(server)
        with psycopg.connect(server.url) as connection:
            row = connection.execute("SHOW recovery_init_sync_method").fetchone()

    assert row == ("syncfs",)


def test_a_crash_that_it_cannot_recover_from_ends_it(tmp_path: Path) -> None:
    server = postgres.prepare(tmp_path / "postgres")
    child = server.start(subprocess.DEVNULL)
    try:
        eventually(server.is_up)
        with closing(psycopg.connect(server.url.removesuffix(postgres.DATABASE) + "postgres")) as connection:
            (tmp_path / "postgres" / "pg_wal").rename(tmp_path / "postgres" / "away")

            os.kill(connection.info.backend_pid, signal.SIGKILL)

            assert child.wait(60) != 0
    finally:
        child.kill()
        child.wait()
