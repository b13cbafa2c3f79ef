"""The whole product as child processes, without the demo: start, revive, stop, start again."""

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.product import Run, eventually

pytestmark = pytest.mark.stack


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    tmp_path.chmod(0o755)
    runs: list[Run] = []

    def start(**environment: str) -> Run:
        runs.append(Run(tmp_path / "var", tmp_path / f"output{len(runs)}", **environment))
        return runs[-1]

    yield start
    for run in runs:
        run.process.terminate()
        run.process.wait(30)


def test_it_comes_up_revives_what_dies_and_leaves_no_process(start) -> None:
    run = start()
    run.wait_until_up()
    assert run.answers("/healthz")
    eventually(lambda: run.answers("/readyz"))

    run.child("config.web").kill()
    run.child("worker").kill()
    eventually(lambda: run.says("web ended (signal SIGKILL)") and run.says("worker ended (signal SIGKILL)"))
    eventually(lambda: run.says("web is started again") and run.says("worker is started again"))
    eventually(lambda: run.answers("/healthz"))

    family = run.descendants()
    assert len(family) >= 5
    assert run.stop() < 15
    assert [one for one in family if one.is_running()] == []


def test_a_second_start_keeps_the_data_and_the_secret(start, tmp_path) -> None:
    first = start()
    first.wait_until_up()
    secret = (tmp_path / "var/secret_key").read_text()
    first.stop(signal.SIGINT)

    second = start()
    second.wait_until_up()

    assert (tmp_path / "var/secret_key").read_text() == secret
    assert (tmp_path / "var/secret_key").stat().st_mode & 0o777 == 0o600
    assert second.stop() < 15


def test_a_kill_of_the_supervisor_itself_leaves_no_process(start) -> None:
    run = start()
    run.wait_until_up()
    family = run.descendants()

    run.process.kill()
    run.process.wait(10)

    eventually(lambda: not any(one.is_running() for one in family), within=20)


def test_a_second_one_on_the_same_data_says_so(start) -> None:
    first = start()
    eventually(lambda: first.says("Starting PostgreSQL"))

    second = start()

    assert second.process.wait(30) == 1
    assert "end that first, or set PLUMBLINE_DATA" in second.output.read_text()


def test_a_port_in_use_ends_with_a_sentence(start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = start(PORT=str(taken.getsockname()[1]))

        assert run.process.wait(30) == 1
    assert "cannot be listened on" in run.output.read_text()


@pytest.mark.parametrize("port", ["nonsense", "0", "70000"])
def test_a_port_that_is_none_ends_with_a_sentence(start, port) -> None:
    run = start(PORT=port)

    assert run.process.wait(30) == 1
    assert "must be a number from 1 to 65535" in run.output.read_text()


def test_a_data_folder_that_cannot_be_made_ends_with_a_sentence(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    run = Run(tmp_path / "file" / "var", tmp_path / "output")

    assert run.process.wait(30) == 1
    assert "cannot be written" in run.output.read_text()
    assert "Traceback" not in run.output.read_text()
