"""The supervisor goes on where it can write nothing: neither its own lines nor a child's log."""

import io
import sys
import time
from pathlib import Path

from config.children import Child
from config.supervisor import say


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_is_let_go(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", FullDisk())

    say("hello")

    assert isinstance(sys.stdout, FullDisk)


def test_a_child_whose_log_cannot_be_written_is_started_later(tmp_path: Path) -> None:
    log = tmp_path / "log" / "child.log"
    child = Child("child", (sys.executable, "-c", "pass"), log)
    log.parent.mkdir()
    child.start()
    child.wait(time.monotonic() + 20)
    child.revive()
    log.unlink()
    log.mkdir()
    child.revive_at = 0.0

    assert "child cannot be started" in child.revive()
    assert child.revive() == ""

    log.rmdir()
    child.revive_at = 0.0
    assert "child is started again" in child.revive()
    child.wait(time.monotonic() + 20)


def test_a_child_gets_what_the_environment_does_not_say(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SAID", "by the operator")
    log = tmp_path / "child.log"
    show = "import os; print(os.environ['SAID'], os.environ['UNSAID'])"
    given = {"SAID": "by us", "UNSAID": "by us"}
    child = Child("child", (sys.executable, "-c", show), log, environment=given)

    child.start()
    child.wait(time.monotonic() + 20)

    assert log.read_text() == "by the operator by us\n"
