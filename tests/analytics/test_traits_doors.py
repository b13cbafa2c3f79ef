"""Traits as clients send them, from the door to the page of the API."""

import json

import pytest

from accounts import keys
from analytics.models import GroupTraits, PersonTraits, PropertyDefinition
from analytics.services import sealing
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(client, project):
    """`send("/v1/batch", {...})` with the project's write key in the body, and sealed."""
    text = keys.generate(keys.WRITE_PREFIX)
    factories.WriteKeyFactory.create(project=project, text=text)

    def post(path, body, key):
        response = client.post(path, json.dumps({**body, key: text}), content_type="application/json")
        sealing.seal_project(project_id=project.pk)
        return response.status_code

    return post


def test_segment(project, send):
    at = "2026-11-20T12:00:00Z"
    calls = [
        {"type": "identify", "userId": "ada", "anonymousId": "cookie", "traits": {"plan": "pro"}, "timestamp": at},
        {"type": "identify", "userId": "ada", "traits": {"plan": "old"}, "timestamp": "2025-01-01T00:00:00Z"},
        {"type": "track", "event": "Paid", "userId": "ada", "context": {"traits": {"city": "Rome"}}},
        {"type": "group", "userId": "ada", "groupId": "acme", "traits": {"seats": 5}},
    ]

    assert send("/v1/batch", {"batch": calls}, "writeKey") == 200

    assert PersonTraits.objects.get(project=project, person="ada").traits == {"plan": "pro", "city": "Rome"}
    assert GroupTraits.objects.get(project=project, group="acme").traits == {"seats": 5}
    names = PropertyDefinition.objects.filter(project=project).order_by("subject", "name")
    assert list(names.values_list("subject", "name")) == [
        ("group", "seats"),
        ("person", "city"),
        ("person", "plan"),
    ]


def test_posthog(project, send):
    first = {"$set": {"plan": "pro"}, "$set_once": {"referrer": "a"}}
    events = [
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "cookie", **first}},
        {"event": "Paid", "distinct_id": "ada", "properties": {"$set": {"city": "Rome"}, "price": 5}},
        {"event": "$set", "distinct_id": "ada", "properties": {"$set_once": {"referrer": "b", "plan": "free"}}},
        {
            "event": "$groupidentify",
            "distinct_id": "ada",
            "properties": {"$group_type": "company", "$group_key": "acme", "$group_set": {"seats": 5}},
        },
    ]

    assert send("/batch/", {"batch": events}, "api_key") == 200

    traits = {"plan": "pro", "city": "Rome", "referrer": "a"}
    assert PersonTraits.objects.get(project=project, person="ada").traits == traits
    assert GroupTraits.objects.get(project=project, group="company:acme").traits == {"seats": 5}
