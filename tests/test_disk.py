"""A full disk and one that cannot be written: refused cleanly, and nothing that was acknowledged is lost."""

import http.client
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.crash import disk
from tests.crash.campaign import SETTLED_WITHIN, Campaign, Figures
from tests.product import Run, eventually

# On a slow disk PostgreSQL takes minutes to come up after a crash; `Campaign` says what it waits for.
pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(900)]
MEGABYTES = 400
SECONDS = 10
PIECE = 16 * 2**20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    tmp_path.chmod(0o755)
    if os.geteuid() != 0:
        pytest.skip("Mounting a disk needs root.")
    try:
        mounted = disk.small_disk(tmp_path, MEGABYTES)
        folder = mounted.__enter__()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"This machine mounts no disk: {error.stderr!r}")
    yield folder
    mounted.__exit__(None, None, None)


@pytest.fixture
def campaign(small: Path, tmp_path: Path) -> Iterator[Campaign]:
    # What the product says goes elsewhere, so that none of it is lost.
    run = Run(small / "var", tmp_path / "output")
    try:
        yield Campaign.prepare(run)
    finally:
        run.process.terminate()
        run.process.wait(30)


def query(campaign: Campaign) -> tuple[int, str | None]:
    """The status of a question about what is stored, and when to come back."""
    demo = json.loads((campaign.run.data / "demo.json").read_text())
    body = json.dumps({"kind": "overview", "period": {"last": "7d"}, "panels": ["figures"]})
    headers = {
        "Authorization": f"Bearer {demo['secret_key']}",
        "Content-Type": "application/json",
        "Prefer": "wait=30",
    }
    with closing(http.client.HTTPConnection("127.0.0.1", campaign.run.port, timeout=60)) as connection:
        connection.request("POST", f"/api/v1/projects/{campaign.project_id}/query/", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["Retry-After"]


@contextmanager
def asked_meanwhile(campaign: Campaign, trouble, answers: list[tuple[int, str | None]]) -> Iterator[None]:
    with trouble:
        yield
        answers.append(query(campaign))


def leave_room_in_the_log(campaign: Campaign, least: int | None = None) -> None:
    """PostgreSQL keeps its log in pieces of 16 MB: begin a new one, and fill it up to `least`, where given."""
    with psycopg.connect(campaign.run.servers()["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SELECT pg_switch_wal()")
        while least is not None and room_in_the_log(connection) > least:
            connection.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 100000), true)")


def room_in_the_log(connection: psycopg.Connection) -> int:
    """How many bytes PostgreSQL can write before it needs another file."""
    position = "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
    row = connection.execute(f"SELECT {PIECE} - {position} % {PIECE}").fetchone()
    assert row is not None
    return int(row[0])


def is_exact(figures: Figures) -> bool:
    assert (figures.lost, figures.twice, figures.foreign, figures.faults) == (set(), set(), set(), ())
    return figures.acknowledged > 200


def test_a_full_disk_refuses_events_and_answers_queries(campaign: Campaign, small: Path) -> None:
    answers: list[tuple[int, str | None]] = []
    leave_room_in_the_log(campaign)

    figures = campaign.suffer(asked_meanwhile(campaign, disk.filled(small), answers), SECONDS)

    assert is_exact(figures)
    assert figures.answers[503] > 0
    assert answers == [(200, None)]
    assert query(campaign) == (200, None)
    assert not campaign.run.says("web ended")


@contextmanager
def without_a_log(campaign: Campaign, small: Path) -> Iterator[None]:
    """On the full disk PostgreSQL cannot go on with its log: it ends, and cannot come up."""
    leave_room_in_the_log(campaign, least=PIECE // 50)
    with disk.filled(small):
        eventually(lambda: campaign.run.says("postgres ended"), within=SETTLED_WITHIN)
        yield


def test_a_full_disk_that_ends_the_database_refuses_all_and_recovers(campaign: Campaign, small: Path) -> None:
    answers: list[tuple[int, str | None]] = []

    figures = campaign.suffer(asked_meanwhile(campaign, without_a_log(campaign, small), answers), SECONDS)

    assert is_exact(figures)
    assert figures.answers[503] > 0
    assert answers == [(503, "5")]
    assert query(campaign) == (200, None)
    assert not campaign.run.says("web ended")


def test_a_store_that_cannot_be_written_only_delays(campaign: Campaign) -> None:
    answers: list[tuple[int, str | None]] = []

    figures = campaign.suffer(
        asked_meanwhile(campaign, disk.read_only(campaign.run.data / "store"), answers), SECONDS
    )

    assert is_exact(figures)
    assert figures.answers[503] == 0
    assert answers == [(200, None)]
    assert "the inbox keeps the events" in (campaign.run.data / "log" / "worker.log").read_text()


def test_a_data_folder_that_cannot_be_written_refuses_events(campaign: Campaign) -> None:
    figures = campaign.suffer(disk.read_only(campaign.run.data), SECONDS)

    assert is_exact(figures)
    assert figures.answers[503] > 0
