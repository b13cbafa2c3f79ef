"""Every limit of an event, at our own door: refused alone, with a reason and the name of the field."""

import json

import pytest

from tests.factories import WriteKeyFactory

GOOD = {"event": "Paid", "user_id": "u1", "message_id": "good"}
LONG = "x" * 256
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def nested(levels: int) -> object:
    found: object = 1
    for _ in range(levels):
        found = {"a": found}
    return found


@pytest.fixture
def fate(client, project):
    """What became of an event that came beside a good one."""
    WriteKeyFactory.create(project=project, text="plw_limits")

    def send(event):
        body = json.dumps({"write_key": "plw_limits", "events": [event, GOOD]})
        answer = client.post("/api/v1/events/", body, "application/json").json()
        assert (answer["stored"], answer["rejected"]) == (1, 1)
        return answer["results"][0]

    return send


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"type": "view"}, "type", "type must be one of track, page, screen, identify, group, alias, passive."),
        ({"type": None}, "type", "type must be one of"),
        ({"event": ""}, "event", "event must be the name of the event."),
        ({"event": 5}, "event", "event must be the name of the event."),
        ({"event": "x" * 201}, "event", "event is longer than 200 characters."),
        ({"user_id": LONG}, "user_id", "user_id is longer than 255 characters."),
        ({"user_id": ["u"]}, "user_id", "user_id must be text or a number."),
        ({"user_id": True}, "user_id", "user_id must be text or a number."),
        ({"user_id": None}, "user_id", "user_id or anonymous_id is required."),
        ({"anonymous_id": LONG}, "anonymous_id", "anonymous_id is longer than 255 characters."),
        ({"message_id": LONG}, "message_id", "message_id is longer than 255 characters."),
        ({"group_id": LONG}, "group_id", "group_id is longer than 255 characters."),
        ({"type": "group"}, "group_id", "group_id is required."),
        ({"type": "alias"}, "previous_id", "previous_id is required."),
        ({"type": "alias", "previous_id": LONG}, "previous_id", "previous_id is longer than 255 characters."),
        ({"timestamp": "yesterday"}, "timestamp", "timestamp is not a time"),
        ({"timestamp": True}, "timestamp", "timestamp is not a time"),
        ({"timestamp": -1}, "timestamp", "timestamp lies before 1970."),
        ({"sent_at": {}}, "sent_at", "sent_at is not a time"),
        ({"original_timestamp": "x"}, "original_timestamp", "original_timestamp is not a time"),
        ({"properties": []}, "properties", "properties must be an object."),
        (
            {"properties": dict.fromkeys(map(str, range(256)))},
            "properties",
            "properties has more than 255 entries.",
        ),
        ({"properties": {"x" * 201: 1}}, "properties", "A name in properties is empty or longer than 200"),
        ({"properties": {"": 1}}, "properties", "A name in properties is empty"),
        ({"properties": nested(9)}, "properties", "properties is nested deeper than 8 levels."),
        ({"type": "identify", "traits": "x"}, "traits", "traits must be an object."),
        ({"type": "identify", "traits": nested(9)}, "traits", "traits is nested deeper than 8 levels."),
        ({"context": "x"}, "context", "context must be an object."),
        ({"context": nested(9)}, "context", "context is nested deeper than 8 levels."),
        ({"context": {"page": 1}}, "context.page", "context.page must be an object."),
        ({"context": {"library": 1}}, "context.library", "context.library must be an object."),
        ({"context": {"campaign": 1}}, "context.campaign", "context.campaign must be an object."),
        ({"context": {"group_id": LONG}}, "context.group_id", "context.group_id is longer than 255 characters."),
        ({"user_agent": BOT}, "context.user_agent", "The user agent is a bot's."),
        ({"properties": {"text": "x" * 33_000}}, "", "The event is larger than 32 KB."),
        ({"usr_id": 1}, "usr_id", "'usr_id' is not a field of an event."),
    ],
)
def test_what_is_over_a_limit_is_refused_alone_and_named(fate, change, field, reason) -> None:
    found = fate({**GOOD, "message_id": "m1", **change})

    assert (found["index"], found["status"], found["field"]) == (0, "rejected", field)
    assert found["reason"].startswith(reason)


@pytest.mark.parametrize("event", [None, 5, "x", []])
def test_what_is_no_object_is_no_event(fate, event) -> None:
    assert fate(event) == {
        "index": 0,
        "status": "rejected",
        "reason": "An event must be a JSON object.",
        "field": "",
    }
