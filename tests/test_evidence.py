"""What is shown of a product where a test of it fails."""

from pathlib import Path

from tests import evidence
from tests.product import Run, started


def test_the_ends_of_the_logs_and_what_became_of_it_are_shown(tmp_path: Path) -> None:
    (tmp_path / "var" / "log").mkdir(parents=True)
    (tmp_path / "var" / "log" / "web.log").write_text("long ago\n" + "x" * evidence.TAIL_BYTES)
    run = Run(tmp_path / "var", tmp_path / "output", PORT="nonsense")
    run.process.wait(30)

    found = dict(evidence.evidence(run))

    assert run in started
    assert found[f"processes of {run.base_url}"] == "the supervisor ended with 1"
    assert "must be a number" in found[f"end of {tmp_path / 'output'}"]
    assert found[f"end of {tmp_path / 'var' / 'log' / 'web.log'}"] == "x" * evidence.TAIL_BYTES


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    run = Run(tmp_path / "var", tmp_path / "output", PORT="nonsense")
    run.process.wait(30)
    run.output.unlink()

    assert dict(evidence.evidence(run))[f"end of {run.output}"].startswith("cannot be read")


def test_a_product_that_an_earlier_test_ended_is_not_shown(tmp_path: Path) -> None:
    run = Run(tmp_path / "var", tmp_path / "output", PORT="nonsense")
    run.process.wait(30)

    evidence.pytest_runtest_setup()

    assert run not in started
