"""A full disk and one that cannot be written: refused cleanly, and nothing that was acknowledged is lost."""

import http.client
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.crash import disk
from tests.crash.campaign import Campaign, Figures, run_in

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
MEGABYTES = 400
SECONDS = 10


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
    run = run_in(small)
    yield Campaign.prepare(run)
    run.process.terminate()
    run.process.wait(30)


def query(campaign: Campaign) -> int:
    """The status of a question about what is stored."""
    demo = json.loads((campaign.run.data / "demo.json").read_text())
    body = json.dumps({"kind": "overview", "period": {"last": "7d"}, "panels": ["figures"]})
    headers = {
        "Authorization": f"Bearer {demo['secret_key']}",
        "Content-Type": "application/json",
        "Prefer": "wait=30",
    }
    with closing(http.client.HTTPConnection("127.0.0.1", campaign.run.port, timeout=30)) as connection:
        connection.request("POST", f"/api/v1/projects/{campaign.project_id}/query/", body, headers)
        return connection.getresponse().status


@contextmanager
def asked_meanwhile(campaign: Campaign, trouble, statuses: list[int]) -> Iterator[None]:
    with trouble:
        yield
        statuses.append(query(campaign))


def is_exact(figures: Figures) -> bool:
    assert (figures.lost, figures.twice, figures.foreign, figures.faults) == (set(), set(), set(), ())
    return figures.acknowledged > 200


def test_a_full_disk_refuses_events_and_answers_queries(campaign: Campaign, small: Path) -> None:
    statuses: list[int] = []

    figures = campaign.suffer(asked_meanwhile(campaign, disk.filled(small), statuses), SECONDS)

    assert is_exact(figures)
    assert figures.answers[503] > 0
    assert statuses == [200]
    assert query(campaign) == 200


def test_a_store_that_cannot_be_written_only_delays(campaign: Campaign) -> None:
    statuses: list[int] = []

    figures = campaign.suffer(
        asked_meanwhile(campaign, disk.read_only(campaign.run.data / "store"), statuses), SECONDS
    )

    assert is_exact(figures)
    assert figures.answers[503] == 0
    assert statuses == [200]
    assert "the inbox keeps the events" in (campaign.run.data / "log" / "worker.log").read_text()


def test_a_data_folder_that_cannot_be_written_refuses_events(campaign: Campaign) -> None:
    figures = campaign.suffer(disk.read_only(campaign.run.data), SECONDS)

    assert is_exact(figures)
    assert figures.answers[503] > 0
