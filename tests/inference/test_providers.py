"""What a process has to have in memory for providers that it does not call."""

import subprocess
import sys

LOADED = """
import sys
from config.celery import app
app.Worker(queues=["inference"], pool="threads", concurrency=1)
print({"anthropic", "openai", "inference.runner.runner"} & sys.modules.keys())
"""


def test_a_worker_imports_no_sdk_before_it_calls_a_provider() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], stdout=subprocess.PIPE, text=True, check=True)

    assert loaded.stdout.strip() == "{'inference.runner.runner'}"
