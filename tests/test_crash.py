"""kill -9 of web and worker while events come in: every accepted event is stored once."""

import base64
import contextlib
import http.client
import json
import random
import threading
import uuid
from collections import Counter
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from tests.product import Run, eventually

pytestmark = pytest.mark.stack
KILLS = 6
BATCH = 20


class Client(threading.Thread):
    """Sends batches until told to stop, and a batch again until it is acknowledged, as the SDKs do."""

    def __init__(self, port: int, write_key: str) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.authorization = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
        self.acknowledged: list[str] = []
        self.unsure: list[str] = []
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.is_set():
            ids = [str(uuid.uuid4()) for _ in range(BATCH)]
            batch = [{"type": "track", "event": "Crash", "userId": "u", "messageId": one} for one in ids]
            body = json.dumps({"batch": batch})
            while not self.accepted(body):
                if self.ending.wait(0.05):
                    self.unsure += ids
                    return
            self.acknowledged += ids

    def accepted(self, body: str) -> bool:
        headers = {"Content-Type": "application/json", "Authorization": self.authorization}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("POST", "/v1/batch", body, headers)
            return connection.getresponse().status == 200
        return False


def stored_ids(run: Run, project_id: int) -> Counter[str]:
    """Message ids of the manifest's files, by a plain reader."""
    with psycopg.connect(run.servers()["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT id, first_day FROM analytics_segment WHERE project_id = %s AND retired_at IS NULL",
            [project_id],
        ).fetchall()
    found: Counter[str] = Counter()
    for segment, first_day in rows:
        path = run.data / "store" / str(project_id) / f"{first_day:%Y-%m}" / f"{segment}.parquet"
        table = pq.ParquetFile(path).read(columns=["message_id", "name"]).to_pylist()
        found.update(row["message_id"] for row in table if row["name"] == "Crash")
    return found


def inbox_is_empty(run: Run) -> bool:
    with psycopg.connect(run.servers()["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM analytics_inboxentry").fetchone()
    return row == (0,)


def kill_in_the_middle(run: Run, victim: str, clients: list[Client], after: int) -> None:
    """Kill a child once this many more events are acknowledged, and wait until it is started again."""

    def sent() -> int:
        return sum(len(client.acknowledged) for client in clients)

    def restarts() -> int:
        return run.output.read_text().count("is started again")

    moment, restarted = sent() + after, restarts()
    eventually(lambda: sent() >= moment)
    run.child(victim).kill()
    eventually(lambda: restarts() > restarted)


@pytest.mark.timeout(240)
def test_every_accepted_event_is_stored_once_whatever_is_killed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    run = Run(tmp_path / "var", tmp_path / "output")
    chance = random.Random(20)
    try:
        run.wait_until_up()
        run.manage("load_demo", "--events", "300", "--base-url", run.base_url)
        demo = json.loads((run.data / "demo.json").read_text())
        clients = [Client(run.port, demo["write_key"]) for _ in range(4)]
        for client in clients:
            client.start()

        for victim in ("config.web", "worker") * (KILLS // 2):
            kill_in_the_middle(run, victim, clients, chance.randint(100, 600))

        for client in clients:
            client.ending.set()
        for client in clients:
            client.join(20)
        eventually(lambda: inbox_is_empty(run))
        stored = stored_ids(run, demo["project_id"])
    finally:
        run.process.terminate()
        run.process.wait(30)

    acknowledged = {one for client in clients for one in client.acknowledged}
    unsure = {one for client in clients for one in client.unsure}
    assert len(acknowledged) > KILLS * 100
    assert acknowledged - stored.keys() == set()
    assert stored.keys() - acknowledged - unsure == set()
    assert {one for one, times in stored.items() if times > 1} == set()
