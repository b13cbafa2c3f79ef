"""What a project says about its own events, at the door."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from config import environment
from tests.analytics.test_enrichment_maxmind import GERMAN, SWEDISH, write
from tests.factories import ProjectFactory, WriteKeyFactory

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
LIBRARY = {"library": {"name": "plumbline.js", "version": "1"}}


@pytest.fixture
def send(client, organization, settings):
    """`send(event, agent=…, address=…, **options)`: the event as a new project with these options stored it."""
    settings.TRUSTED_PROXIES = 1

    def post(event, *, agent=FIREFOX, address=SWEDISH, headers=None, **options):
        project = ProjectFactory.create(organization=organization, **options)
        key = "plw_" + project.slug
        WriteKeyFactory.create(project=project, text=key)
        sent = {
            "User-Agent": agent,
            "X-Forwarded-For": address,
            "Authorization": f"Bearer {key}",
            **(headers or {}),
        }
        response = client.post("/api/v1/events/", json.dumps(event), "application/json", headers=sent)
        assert response.status_code == 200
        entries = InboxEntry.objects.filter(project=project)
        return next((event for entry in entries for event in payloads.unpack(entry.payload)), None)

    return post


@pytest.fixture
def database(tmp_path, settings):
    path = tmp_path / "country.mmdb"
    write(
        path,
        {"89.160.20.0/24": {"country": {"iso_code": "SE"}}, "2a02:8100::/32": {"country": {"iso_code": "DE"}}},
    )
    settings.MAXMIND_FILE = str(path)


def ip_of(event) -> object:
    return json.loads(event.context).get("ip")


def track(**context):
    return {"event": "Paid", "user_id": "u1", "context": context}


def test_no_address_is_stored_unless_the_project_says_so(send) -> None:
    event = send(track(ip=GERMAN))

    assert SWEDISH not in repr(event)
    assert GERMAN not in repr(event)


@pytest.mark.parametrize(
    ("context", "agent", "kept"),
    [
        ({}, FIREFOX, SWEDISH),
        ({"ip": GERMAN}, FIREFOX, GERMAN),
        ({"ip": " 203.0.113.9 "}, "curl/8", "203.0.113.9"),
        ({"ip": "elsewhere"}, "curl/8", None),
        ({"ip": ["x"]}, "curl/8", None),
        ({}, "curl/8", None),
    ],
)
def test_a_project_may_keep_its_visitors_addresses(send, context, agent, kept) -> None:
    assert ip_of(send(track(**context), agent=agent, keep_addresses=True)) == kept


@pytest.mark.parametrize(
    ("context", "agent", "headers", "country"),
    [
        ({}, FIREFOX, {}, "SE"),
        ({"ip": GERMAN}, FIREFOX, {}, "DE"),
        ({"ip": GERMAN}, "curl/8", {"X-Country": "FR"}, "DE"),
        ({"ip": "8.8.8.8", "timezone": "Europe/Rome"}, "curl/8", {"X-Country": "FR"}, "IT"),
        ({"timezone": "Europe/Rome"}, FIREFOX, {"X-Country": "FR"}, "FR"),
        ({"timezone": "Europe/Rome"}, FIREFOX, {}, "SE"),
        ({"timezone": "Europe/Rome"}, "curl/8", {}, "IT"),
        ({"ip": "10.0.0.1", "timezone": "Europe/Rome"}, FIREFOX, {"X-Country": "FR"}, "FR"),
    ],
)
def test_the_country_is_the_visitor_s_and_not_the_server_s(
    send, database, context, agent, headers, country
) -> None:
    assert send(track(**context), agent=agent, headers=headers).country == country


@pytest.mark.parametrize(("days", "kept"), [(5, False), (6, False), (7, True)])
def test_a_project_says_how_late_a_browser_may_be(send, days, kept) -> None:
    late = {**track(**LIBRARY), "timestamp": (timezone.now() - timedelta(days=6, hours=1)).isoformat()}

    event = send(late, browser_window_days=days)

    assert (event is not None) == kept
    assert DropCount.objects.filter(reason="too_old").exists() != kept


def test_a_server_may_be_as_late_as_it_likes(send) -> None:
    assert send({**track(), "timestamp": "2019-01-01T00:00:00Z"}, browser_window_days=1) is not None


def test_a_database_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="PLUMBLINE_MAXMIND is not a file: '/nowhere'"):
        environment.file("PLUMBLINE_MAXMIND", "/nowhere")
    assert environment.file("PLUMBLINE_MAXMIND", "") == ""
