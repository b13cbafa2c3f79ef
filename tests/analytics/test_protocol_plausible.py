import json

import pytest

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from tests.factories import SiteFactory, WriteKeyFactory

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
URL = "https://shop.test/a?utm_source=news"
VIEW = {"name": "pageview", "domain": "shop.test", "url": URL}


@pytest.fixture(autouse=True)
def _site(project) -> None:
    SiteFactory(project=project, name="shop.test")


def send(client, body: object, agent: str = AGENT, **extra):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    extra.setdefault("content_type", "text/plain")
    return client.post("/api/event", data=data, headers={"User-Agent": agent}, **extra)


def stored() -> list[Event]:
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


def dropped() -> dict[str, int]:
    return dict(DropCount.objects.values_list("reason", "events"))


@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
@pytest.mark.parametrize(
    "body",
    [
        {**VIEW, "referrer": "https://www.google.com/", "props": {"plan": "pro"}},
        {"n": "pageview", "d": "Shop.test", "u": URL, "r": "https://www.google.com/", "p": {"plan": "pro"}},
        {"n": "pageview", "d": "shop.test,all.test", "u": URL, "r": "https://google.com/", "p": '{"plan":"pro"}'},
        {"n": "pageview", "d": "shop.test", "u": URL, "r": "https://google.com/", "m": '{"plan":"pro"}'},
    ],
)  # fmt: skip
def test_a_view_has_long_names_and_short_ones(client, body, content_type) -> None:
    response = send(client, body, content_type=content_type)

    assert (response.status_code, response.content) == (202, b"ok")
    assert "x-plausible-dropped" not in response
    (event,) = stored()
    assert (event.kind, event.host, event.path, event.utm_source, event.browser, event.library) == (
        "page", "shop.test", "/a", "news", "Firefox", "plausible",
    )  # fmt: skip
    assert event.referrer_host in {"google.com", "www.google.com"}
    assert event.anonymous_id.startswith("day_")
    assert json.loads(event.properties) == {"plan": "pro"}


def test_an_event_carries_its_revenue(client) -> None:
    revenue = {"currency": "EUR", "amount": "1290.20"}

    send(client, {**VIEW, "name": "Paid", "revenue": revenue, "props": {"plan": "pro"}, "interactive": False})

    (event,) = stored()
    assert (event.kind, event.name, event.path) == ("passive", "Paid", "/a")
    assert json.loads(event.properties) == {
        "plan": "pro", "revenue": 1290.2, "currency": "EUR", "interactive": False,
    }  # fmt: skip


def test_engagement_carries_depth_and_time(client) -> None:
    send(client, {"n": "engagement", "d": "shop.test", "u": VIEW["url"], "sd": 80, "e": 4500, "v": 36, "w": 1280})

    (event,) = stored()
    assert (event.kind, event.name) == ("passive", "engagement")
    assert json.loads(event.properties) == {"scroll_depth": 80, "engagement_time": 4500}
    assert json.loads(event.context) == {
        "library": {"name": "plausible", "version": "36"}, "screen": {"width": 1280},
    }  # fmt: skip


def test_the_same_visitor_is_one_all_day(client) -> None:
    send(client, VIEW)
    send(client, {**VIEW, "name": "Paid"})
    send(client, VIEW, agent=AGENT.replace("128", "127"))

    first, second, third = (event.anonymous_id for event in stored())
    assert first == second != third


def test_a_visitor_s_address_counts_only_behind_a_proxy_we_trust(client, settings) -> None:
    def visitor(address: str) -> str:
        client.post(
            "/api/event", VIEW, content_type="application/json",
            headers={"User-Agent": AGENT, "X-Forwarded-For": address},
        )  # fmt: skip
        return stored()[-1].anonymous_id

    untrusted = {visitor("203.0.113.1"), visitor("203.0.113.2")}
    settings.TRUSTED_PROXIES = 1
    trusted = {visitor("203.0.113.1"), visitor("203.0.113.2")}

    assert (len(untrusted), len(trusted)) == (1, 2)


def test_a_write_key_may_stand_in_place_of_the_domain(client, project) -> None:
    WriteKeyFactory(project=project, text="plw_Plausible")

    assert "x-plausible-dropped" not in send(client, {**VIEW, "domain": "plw_Plausible"})
    assert len(stored()) == 1


@pytest.mark.parametrize("domain", ["other.test", "plw_other", "\x00", "x" * 300])
def test_an_unknown_domain_is_told_that_it_is_dropped(client, domain) -> None:
    response = send(client, {**VIEW, "domain": domain})

    assert (response.status_code, response["x-plausible-dropped"]) == (202, "1")
    assert stored() == []


@pytest.mark.parametrize(
    ("agent", "reason"),
    [("Mozilla/5.0 (compatible; Googlebot/2.1)", "bot"), ("", "invalid"), ("okhttp/4", "invalid")],
)
def test_what_is_not_kept_is_told_and_counted(client, agent, reason) -> None:
    response = send(client, VIEW, agent=agent)

    assert (response.status_code, response["x-plausible-dropped"]) == (202, "1")
    assert (stored(), dropped()) == ([], {reason: 1})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "request"),
        ({"domain": "shop.test", "url": "https://shop.test/"}, "name"),
        ({**VIEW, "domain": 5}, "domain"),
        ({**VIEW, "props": [1]}, "props"),
        ({**VIEW, "props": "rubbish"}, "request"),
        ({**VIEW, "name": "x" * 300}, "event"),
    ],
)
def test_a_malformed_event_is_refused_by_field(client, body, field) -> None:
    response = send(client, body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert stored() == []
