"""kill -9 of workers under many LLM jobs: each ends once, is billed once, and its stream can be resumed anywhere.

`make crash-jobs` does the same with 200 jobs and 20 kills.
"""

from pathlib import Path

import pytest

from tests.crash.jobs import wage

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@pytest.mark.timeout(400)
def test_jobs_end_once_and_are_billed_once_whatever_is_killed(tmp_path: Path) -> None:
    figures = wage(tmp_path, jobs=40, kills=3, pause=0.15, seed=7)

    assert figures.faults == []
    assert (figures.kills, figures.least_running > 0) == (3, True)
    assert figures.ends["succeeded"] >= 40
    assert figures.calls > figures.ends.total()
    assert figures.restarts > 0
    assert figures.tokens == figures.billed > 0
