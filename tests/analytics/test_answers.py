"""What a query needs not, it does without: Redis, and the note that a key was used."""

import pytest
from django.db import OperationalError
from django.db.models import QuerySet

from accounts.permissions import Scope
from tests.analytics.events import event, store
from tests.factories import SecretKeyFactory

pytestmark = pytest.mark.django_db
BODY = {"kind": "overview", "period": {"last": "7d"}, "panels": ["figures"]}


@pytest.fixture
def ask(client, project, organization):
    SecretKeyFactory.create(organization=organization, text="pls_answers", scopes=[Scope.QUERY])
    store(project, [event()])

    def ask():
        return client.post(
            f"/api/v1/projects/{project.pk}/query/",
            BODY,
            content_type="application/json",
            headers={"Authorization": "Bearer pls_answers"},
        )

    return ask


def refuse(*arguments, **fields):
    raise OperationalError("could not extend file: No space left on device")


def test_without_redis_a_query_is_computed(ask, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    assert [ask().status_code, ask().status_code] == [200, 200]
    assert ask().json()["provenance"]["cached"] is False


def test_a_database_that_takes_no_note_of_a_key_still_answers(ask, monkeypatch):
    monkeypatch.setattr(QuerySet, "update", refuse)

    assert ask().status_code == 200


def test_a_database_that_does_not_answer_is_a_503_that_says_when_to_come_back(ask, monkeypatch):
    monkeypatch.setattr("analytics.queries.manifest.version_of", refuse)

    answer = ask()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["error"]["code"] == "unavailable"
