"""kill -9 of everything while events come in: all that is accepted is stored once. `make crash` does more."""

from pathlib import Path

import pytest

from tests.crash.campaign import Campaign, run_in

pytestmark = [pytest.mark.stack, pytest.mark.slow]
KILLS = 6


@pytest.mark.timeout(300)
def test_every_accepted_event_is_stored_once_whatever_is_killed(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    try:
        figures = Campaign.prepare(run).wage(KILLS, seed=20)
    finally:
        run.process.terminate()
        run.process.wait(30)

    assert figures.kills.total() >= KILLS
    assert figures.acknowledged > KILLS * 50
    assert (figures.lost, figures.twice, figures.foreign) == (set(), set(), set())
    assert figures.faults == ()
