import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from tests.factories import SiteFactory, WriteKeyFactory

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
WEBSITE = "01234567-89ab-4def-8123-456789abcdef"
NOW = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)
PAYLOAD = {
    "website": WEBSITE,
    "hostname": "shop.test",
    "url": "/a?utm_source=news",
    "title": "A",
    "referrer": "https://www.google.com/",
    "language": "de-CH",
    "screen": "1920x1080",
}


@pytest.fixture(autouse=True)
def _site(project) -> None:
    SiteFactory(project=project, name=WEBSITE)


def post(client, path: str, body: object, **headers: str):
    sent = {"User-Agent": AGENT, **{name.replace("_", "-"): value for name, value in headers.items()}}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data=data, content_type="application/json", headers=sent)


def send(client, kind: str = "event", headers: dict[str, str] | None = None, **payload: object):
    return post(client, "/api/send", {"type": kind, "payload": {**PAYLOAD, **payload}}, **(headers or {}))


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def dropped() -> dict[str, int]:
    return dict(DropCount.objects.values_list("reason", "events"))


def test_without_a_name_it_is_a_page_view(client) -> None:
    answer = send(client, tag="b", data={"plan": "pro"}).json()

    assert set(answer) == {"cache", "sessionId", "visitId"}
    (event,) = stored()
    assert (event.kind, event.url, event.path, event.title, event.utm_source, event.referrer_host) == (
        "page", "https://shop.test/a?utm_source=news", "/a", "A", "news", "www.google.com",
    )  # fmt: skip
    assert (event.language, event.browser, event.library) == ("de-CH", "Firefox", "umami")
    assert event.anonymous_id.startswith("day_")
    assert json.loads(event.properties) == {"tag": "b", "plan": "pro"}
    assert json.loads(event.context)["screen"] == {"width": 1920, "height": 1080}


@pytest.mark.parametrize(
    ("url", "hostname", "path"),
    [("https://shop.test/b", "shop.test", "/b"), ("/b", "", "/b"), ("b", "shop.test", "/b")],
)
def test_an_address_is_whole_or_has_its_host_beside_it(client, url, hostname, path) -> None:
    send(client, url=url, hostname=hostname)

    assert stored()[0].path == path


def test_with_a_name_it_is_an_event(client) -> None:
    send(client, name="Paid", data={"amount": 3, "item": {"id": 1}}, id="u1", timestamp=1_771_000_000)

    (event,) = stored()
    assert (event.kind, event.name, event.user_id, event.anonymous_id) == ("track", "Paid", "u1", "")
    assert event.time == 1_771_000_000_000_000
    assert json.loads(event.properties) == {"amount": 3, "item": {"id": 1}}


def test_performance_is_an_event_with_its_figures(client) -> None:
    send(client, "performance", lcp=1200.5, cls=0.01, ttfb=90)

    (event,) = stored()
    assert (event.kind, event.name) == ("passive", "performance")
    assert json.loads(event.properties) == {"lcp": 1200.5, "cls": 0.01, "ttfb": 90}


def test_identifying_links_the_visitor_so_far(client) -> None:
    cache = send(client).json()["cache"]
    send(client, "identify", {"x-umami-cache": cache}, id="u1", data={"plan": "pro"})

    view, identify = stored()
    assert (identify.kind, identify.user_id, identify.anonymous_id) == ("identify", "u1", view.anonymous_id)
    assert json.loads(identify.properties) == {"plan": "pro"}


def test_traits_without_an_id_are_the_visitor_s(client) -> None:
    send(client)
    send(client, "identify", data={"plan": "pro"})

    view, identify = stored()
    assert (identify.kind, identify.anonymous_id) == ("identify", view.anonymous_id)


def test_a_payload_may_speak_of_somebody_else(client) -> None:
    def visitor(**payload) -> str:
        send(client, **payload)
        return stored()[-1].anonymous_id

    safari = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15"
    found = [visitor(), visitor(ip="203.0.113.1"), visitor(ip="203.0.113.1"), visitor(userAgent=safari)]

    assert found[1] == found[2]
    assert len(set(found)) == 3
    assert stored()[-1].browser == "Safari"


def test_the_answer_means_the_same_visitor_and_visit(client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = send(client).json()
        again = send(client).json()
        other = send(client, ip="203.0.113.9").json()
        clock.shift(timedelta(hours=1))
        later = send(client).json()

    assert (first["sessionId"], first["visitId"]) == (again["sessionId"], again["visitId"])
    assert other["sessionId"] != first["sessionId"]
    assert later["sessionId"] == first["sessionId"]
    assert later["visitId"] != first["visitId"]


def test_the_token_keeps_visitor_and_visit_while_it_is_fresh(client) -> None:
    def moved(cache: str) -> dict[str, str]:
        """From another address, which alone would be another visitor."""
        return dict(send(client, headers={"x-umami-cache": cache}, ip="203.0.113.9").json())

    with time_machine.travel(NOW, tick=False) as clock:
        first = send(client).json()
        clock.shift(timedelta(minutes=29))
        second = moved(first["cache"])
        clock.shift(timedelta(minutes=29))
        third = moved(second["cache"])
        clock.shift(timedelta(minutes=31))
        stale = moved(third["cache"])

    assert [(found["sessionId"], found["visitId"]) for found in (second, third)] == [
        (first["sessionId"], first["visitId"])
    ] * 2
    assert stale["sessionId"] != first["sessionId"]


def test_a_token_ends_with_its_day(client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        answer = first = send(client).json()
        for _ in range(50):
            clock.shift(timedelta(minutes=29))
            answer = send(client, headers={"x-umami-cache": answer["cache"]}).json()

    assert answer["sessionId"] != first["sessionId"]


@pytest.mark.parametrize("cache", ["", "rubbish", "a.b.c", "é"])
def test_a_forged_token_says_nothing(client, cache) -> None:
    assert send(client).json()["sessionId"] == send(client, headers={"x-umami-cache": cache}).json()["sessionId"]


def test_a_token_of_another_website_says_nothing(client, project) -> None:
    SiteFactory(project=project, name="other")
    cache = send(client, ip="203.0.113.9").json()["cache"]

    assert (
        send(client).json()["sessionId"]
        == send(client, headers={"x-umami-cache": cache}, website="other").json()["sessionId"]
    )


def test_a_batch_says_what_failed(client) -> None:
    good = {"type": "event", "payload": PAYLOAD}
    batch = [
        good,
        {"type": "nothing", "payload": PAYLOAD},
        {"type": "event", "payload": {**PAYLOAD, "website": "other"}},
        {"type": "event", "payload": {**PAYLOAD, "userAgent": "Googlebot/2.1"}},
        7,
    ]

    answer = post(client, "/api/batch", batch).json()

    assert (answer["size"], answer["processed"], answer["errors"]) == (5, 2, 3)
    assert [item["index"] for item in answer["details"]] == [1, 2, 4]
    assert answer["cache"]
    assert (len(stored()), dropped()) == (1, {"invalid": 3, "bot": 1})


def test_a_bot_is_counted_and_told_what_umami_says(client) -> None:
    response = send(client, userAgent="Mozilla/5.0 (compatible; Googlebot/2.1)")

    assert (response.status_code, response.json()) == (200, {"beep": "boop"})
    assert (stored(), dropped()) == ([], {"bot": 1})


def test_a_write_key_may_stand_in_place_of_the_website(client, project) -> None:
    WriteKeyFactory(project=project, text="plw_Umami")

    assert send(client, website="plw_Umami").status_code == 200
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/send", {"type": "event", "payload": {"website": "unknown"}}, "payload.website"),
        ("/api/send", {"type": "event", "payload": {}}, "payload.website"),
        ("/api/send", {"type": "event"}, "payload.website"),
        ("/api/send", [], "body"),
        ("/api/send", {"type": "other", "payload": PAYLOAD}, "type"),
        ("/api/send", {"type": "event", "payload": {**PAYLOAD, "data": 5}}, "payload.data"),
        ("/api/batch", {}, "body"),
        ("/api/batch", [], "payload.website"),
    ],
)
def test_what_is_not_what_it_should_be_is_refused(client, path, body, field) -> None:
    response = post(client, path, body)

    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == field
    assert stored() == []


def test_a_page_of_another_origin_may_send_the_token(client) -> None:
    preflight = client.options("/api/send", headers={"Origin": "https://example.test"})

    assert "X-Umami-Cache" in preflight["Access-Control-Allow-Headers"]
