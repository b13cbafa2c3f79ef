"""The health checks, with each part really gone, not pretended."""

import time

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.queries import health
from accounts.services import heartbeat
from analytics import tasks

NOWHERE = "redis://:hunter2@127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.delete(health.WORKER_SEEN)


@pytest.fixture
def _no_redis(settings):
    cache_settings = settings.CACHES["default"]
    settings.CACHES = {"default": {**cache_settings, "LOCATION": NOWHERE}}


def states(response) -> dict[str, bool]:
    return {check["name"]: check["ok"] for check in response.json()["checks"]}


def test_healthz_answers_without_asking_anything(client) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/healthz", headers={"Authorization": "Bearer pls_wrong"})

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert len(queries) == 0


def test_ready_when_every_part_is_well(client) -> None:
    heartbeat.note()

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["status"] == "ready"
    assert states(response) == {"database": True, "redis": True, "worker": True}
    assert response.headers["Cache-Control"] == "no-store"


def test_not_ready_before_a_worker_was_seen(client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["status"] == "not_ready"
    assert states(response) == {"database": True, "redis": True, "worker": False}


def test_sealing_is_the_sign_of_a_worker(client, project) -> None:
    tasks.seal()

    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(("age", "status"), [(59, 200), (61, 503)])
def test_a_silent_worker_is_not_ready_after_a_minute(client, age, status) -> None:
    heartbeat.note()

    with time_machine.travel(time.time() + age):
        response = client.get("/readyz")

    (worker,) = [check for check in response.json()["checks"] if check["name"] == "worker"]
    assert response.status_code == status
    assert worker["age_seconds"] == pytest.approx(age, abs=5)


@pytest.mark.usefixtures("_no_redis")
def test_without_redis_the_other_parts_are_still_told_and_no_address_is(client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 503
    assert states(response) == {"database": True, "redis": False, "worker": False}
    assert "hunter2" not in response.content.decode()


def test_without_a_database_it_says_so(client) -> None:
    heartbeat.note()
    with connection.cursor() as cursor, pytest.raises(Exception, match="nothing_here"):
        cursor.execute("SELECT nothing_here")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert states(response) == {"database": False, "redis": True, "worker": True}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_get_is_answered_and_in_the_envelope(client, path) -> None:
    response = client.post(path)

    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_allowed"
