"""Clients that send as the SDKs do: what is not acknowledged is sent again, unchanged, until it is."""

import base64
import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NAME = "Crash"
# What an answer may be while something is down: sent again, it is taken.
COME_BACK = {409, 503}
PAUSE = 0.05
# So many seconds without an acknowledgement are noted.
LONG = 1.0


@dataclass(frozen=True, slots=True)
class Door:
    """How one kind of client sends: its address, the events of a request, and whether all of them were taken."""

    path: str
    events: int
    body: Callable[[list[str], str], object]
    is_taken: Callable[[dict[str, object], int], bool]
    repeats_a_key: bool = False


@dataclass(slots=True)
class Ledger:
    """What all clients together know of what they sent. Ids are `messageId`s."""

    acknowledged: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    # When clients were acknowledged again (of time.monotonic), and for how long none had been.
    silences: list[tuple[float, float]] = field(default_factory=list)
    # Answers of 503 that do not say when to come back.
    without_a_time: int = 0
    _heard_at: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_answer(self, status: int, retry_after: str) -> None:
        """Count an answer's status; 0 is a connection that broke."""
        with self._lock:
            self.answers[status] += 1
            self.without_a_time += status == 503 and not retry_after.isdecimal()

    def acknowledge(self, ids: list[str]) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._heard_at > LONG:
                self.silences.append((now, now - self._heard_at))
            self._heard_at = now
            self.acknowledged += ids

    def doubt(self, ids: list[str]) -> None:
        """Sent, and not acknowledged before the end."""
        with self._lock:
            self.unsure += ids

    @property
    def odd_answers(self) -> dict[int, int]:
        """Statuses that no client should ever see, and how often one did."""
        return {status: times for status, times in self.answers.items() if status not in {0, 200, *COME_BACK}}


def _segment(ids: list[str], moment: str) -> object:
    return {"batch": [{**_single([one], moment), "type": "track"} for one in ids]}


def _single(ids: list[str], moment: str) -> dict[str, object]:
    return {"event": NAME, "userId": f"u{ids[0][:2]}", "messageId": ids[0], "timestamp": moment}


def _native(ids: list[str], moment: str) -> object:
    own = [{"event": NAME, "user_id": f"u{one[:2]}", "message_id": one, "timestamp": moment} for one in ids]
    return {"events": own}


def _is_success(answer: dict[str, object], events: int) -> bool:
    return answer.get("success") is True


def _are_all_there(answer: dict[str, object], events: int) -> bool:
    results = answer.get("results")
    return isinstance(results, list) and sum(item["status"] != "rejected" for item in results) == events


DOORS = (
    Door("/v1/batch", 20, _segment, _is_success),
    Door("/v1/track", 1, _single, _is_success),
    Door("/api/v1/events/", 10, _native, _are_all_there),
    Door("/api/v1/events/", 10, _native, _are_all_there, repeats_a_key=True),
)
# So that a batch becomes segments of several days, and compaction has all its kinds of work.
DAYS_BACK = (0, 0, 0, 1, 3)


class Client(threading.Thread):
    """Sends through one door until told to stop."""

    def __init__(self, port: int, write_key: str, door: Door, ledger: Ledger) -> None:
        super().__init__(daemon=True)
        self.port, self.door, self.ledger = port, door, ledger
        self.ending = threading.Event()
        self._authorization = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        try:
            self._send_all()
        finally:
            if self._connection is not None:
                self._connection.close()

    def _send_all(self) -> None:
        requests = 0
        while not self.ending.is_set():
            ids = [str(uuid.uuid4()) for _ in range(self.door.events)]
            moment = datetime.now(UTC) - timedelta(days=DAYS_BACK[requests % len(DAYS_BACK)])
            if not self._send_until_taken(ids, moment.isoformat()):
                self.ledger.doubt(ids)
                return
            self.ledger.acknowledge(ids)
            requests += 1
            self.ending.wait(PAUSE)

    def _send_until_taken(self, ids: list[str], moment: str) -> bool:
        body = json.dumps(self.door.body(ids, moment))
        headers = {"Content-Type": "application/json", "Authorization": self._authorization}
        if self.door.repeats_a_key:
            headers["Idempotency-Key"] = ids[0]
        while not self._is_taken(body, headers):
            if self.ending.wait(PAUSE * 2):
                return False
        return True

    def _is_taken(self, body: str, headers: dict[str, str]) -> bool:
        status, answer, retry_after = self._ask(body, headers)
        self.ledger.note_answer(status, retry_after)
        return status == 200 and self.door.is_taken(json.loads(answer), self.door.events)

    def _ask(self, body: str, headers: dict[str, str]) -> tuple[int, bytes, str]:
        """Status, body and Retry-After; 0 where the connection broke."""
        # A little longer than the product lets a client wait.
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", self.door.path, body, headers)
            response = connection.getresponse()
            self._connection = connection
            return response.status, response.read(), response.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException):
            self._connection = None
            connection.close()
            return 0, b"", ""
