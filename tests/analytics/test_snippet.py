"""The address of the browser snippet, and the door that it sends to."""

import gzip
import json

import pytest

from analytics.ingestion import payloads
from analytics.models import InboxEntry
from analytics.views.snippet import script
from tests.analytics.test_door import ask, door, stored  # noqa: F401 (a fixture)
from tests.factories import WriteKeyFactory

LARGEST = 3 * 1024
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def test_it_is_small() -> None:
    assert len(gzip.compress(script().plain, 9, mtime=0)) < LARGEST
    assert len(script().packed) < LARGEST


def test_comments_and_indentation_stay_at_home() -> None:
    lines = script().plain.decode().splitlines()

    assert not [line for line in lines if line.startswith((" ", "//")) or not line]
    assert "docs/browser.md" in lines[0]


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("", None)])
def test_any_page_may_load_it_and_keep_it_for_an_hour(client, accepted, encoding) -> None:
    response = client.get("/plumbline.js", headers={"Accept-Encoding": accepted})

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"].startswith("public, max-age=3600")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers.get("Content-Encoding") == encoding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.content == (script().packed if encoding else script().plain)
    assert not response.cookies


def test_what_is_there_already_is_not_sent_again(client) -> None:
    etag = client.get("/plumbline.js").headers["ETag"]

    again = client.get("/plumbline.js", headers={"If-None-Match": etag})
    packed = client.get("/plumbline.js", headers={"If-None-Match": etag, "Accept-Encoding": "gzip"})

    assert (again.status_code, again.content) == (304, b"")
    assert packed.status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "text/plain", ""])
def test_the_door_takes_what_a_beacon_sends(client, project, content_type) -> None:
    WriteKeyFactory.create(project=project, text="plw_page")
    body = {"write_key": "plw_page", "events": [{"type": "page", "url": "https://shop.test/a"}]}
    sent = {"User-Agent": FIREFOX, "Origin": "https://shop.test"}

    response = client.post("/api/v1/events/", json.dumps(body).encode(), content_type, headers=sent)

    assert response.json()["stored"] == 1
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
    assert [event.path for event in payloads.unpack(InboxEntry.objects.get().payload)] == ["/a"]


def test_the_door_in_front_of_django_takes_it_too(door, project) -> None:  # noqa: F811 (the fixture)
    WriteKeyFactory.create(project=project, text="plw_page")
    body = {"write_key": "plw_page", "events": [{"type": "page", "url": "https://shop.test/a"}]}
    sent = {"User-Agent": FIREFOX, "Origin": "https://shop.test", "Content-Type": "text/plain;charset=UTF-8"}

    answer = ask(door, "POST", "/api/v1/events/", content=json.dumps(body).encode(), headers=sent, auth=None)

    assert answer.json()["stored"] == 1
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert [event.path for event in stored()] == ["/a"]
