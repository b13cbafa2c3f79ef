"""What processes load that touch no files of events: libraries for those take more memory than all the rest."""

import subprocess
import sys

import pytest

HEAVY = {"ibis", "pyarrow", "numpy", "duckdb", "pandas", "sqlglot", "analytics.kinds", "config.urls"}
WORKER = "from config.celery import app; app.Worker(queues={queues}, pool='threads', concurrency=1)"
BEAT = "from config.beat import app; app.Beat().init_loader()"
TASKS = {"accounts.tasks", "analytics.tasks", "inference.tasks"}


def loaded(statements: str) -> set[str]:
    """The modules that a process has after these statements."""
    told = "; import sys; print('loaded:', *sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", statements + told], stdout=subprocess.PIPE, text=True, check=True
    )
    return set(process.stdout.rpartition("loaded:")[2].split())


def test_a_worker_of_inference_loads_nothing_of_events() -> None:
    found = loaded(WORKER.format(queues=["inference"]))

    assert found & TASKS == {"inference.tasks"}
    assert not found & HEAVY


@pytest.mark.parametrize("queues", [["default", "inference"], None])
def test_any_other_worker_has_the_tasks_of_all(queues) -> None:
    assert loaded(WORKER.format(queues=queues)) >= TASKS


def test_beat_loads_its_schedule_and_no_task() -> None:
    found = loaded(BEAT)

    assert "config.settings" in found
    assert not found & (HEAVY | TASKS | {"analytics.models"})


def test_pages_load_no_pandas() -> None:
    found = loaded("import config.asgi, config.urls")

    assert "pyarrow" in found
    assert "pandas" not in found
