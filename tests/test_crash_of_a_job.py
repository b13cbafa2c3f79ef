"""kill -9 of web, then of the worker, in the middle of an LLM job: it finishes once, and its stream goes on."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.product import Run, eventually
from tests.simulators.llm import InThread, words

pytestmark = [pytest.mark.stack, pytest.mark.slow]
TOKENS = 180
PROMPT = f"Tell me. @sim tokens={TOKENS} delay=0.1"
JOBS = "/api/v1/inference/jobs/"


class Follower:
    """A client of one job's stream that comes back after its last event, as a browser's EventSource does."""

    def __init__(self, run: Run, key: str, job_id: str) -> None:
        self.run = run
        self.path = f"{JOBS}{job_id}/stream/"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.text = ""
        self.tokens = 0
        self.restarts = 0
        self.ends: list[dict[str, Any]] = []

    def follow(self, *, until: int) -> bool:
        """Read until so many tokens in all or the end; False where the connection ended before."""
        for event in self._events():
            self._take(event)
            if self.ends or self.tokens >= until:
                return True
        return False

    def _take(self, event: dict[str, str]) -> None:
        self.headers["Last-Event-ID"] = event.get("id", self.headers.get("Last-Event-ID", ""))
        data = json.loads(event["data"])
        if event["event"] == "token":
            self.text += data["text"]
            self.tokens += 1
        elif event["event"] == "restart":
            self.text = ""
            self.restarts += 1
        elif event["event"] in {"done", "error"}:
            self.ends.append({"event": event["event"], **data})

    def _events(self) -> Iterator[dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.run.port, timeout=20)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", self.path, headers=self.headers)
            answer = connection.getresponse()
            fields: dict[str, str] = {}
            while line := answer.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    yield fields
                    fields = {}


def ask(run: Run, key: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=20)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with contextlib.closing(connection):
        connection.request(method, path, json.dumps(body), headers)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


@pytest.mark.timeout(240)
def test_a_job_finishes_once_whatever_is_killed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with InThread() as simulator:
        run = Run(
            tmp_path / "var",
            tmp_path / "output",
            OPENAI_API_KEY="simulated",
            OPENAI_BASE_URL=simulator.openai_url,
            PLUMBLINE_INFERENCE_LEASE="3",
        )
        try:
            run.wait_until_up()
            run.manage("load_demo", "--events", "300", "--base-url", run.base_url)
            key = json.loads((run.data / "demo.json").read_text())["secret_key"]
            job = ask(run, key, "POST", JOBS, {"task": "generate", "input": {"prompt": PROMPT}})
            follower = Follower(run, key, job["id"])

            eventually(lambda: follower.follow(until=10))
            run.child("config.web").kill()
            eventually(lambda: follower.follow(until=25))
            run.child("worker").kill()
            eventually(lambda: follower.follow(until=10_000) and bool(follower.ends))

            finished = ask(run, key, "GET", f"{JOBS}{job['id']}/")
        finally:
            run.process.terminate()
            run.process.wait(30)

        assert follower.text == finished["output"] == "".join(words(TOKENS))
        assert follower.restarts == 1
        assert [end["event"] for end in follower.ends] == ["done"]
        assert (finished["status"], finished["attempt"]) == ("succeeded", 2)
        assert simulator.attempts[PROMPT] == 2
