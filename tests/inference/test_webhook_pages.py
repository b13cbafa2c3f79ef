"""Webhooks by page and by API."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import keys
from accounts.encryption import decrypt
from accounts.models import AuditEntry
from accounts.permissions import Scope
from inference.models import WebhookDelivery, WebhookEndpoint
from inference.services.endpoints import PURPOSE
from tests.counted import queries_of
from tests.factories import (
    ProjectFactory,
    SecretKeyFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/webhooks/"
API = "/api/v1/organizations/acme/webhooks/"
URL = "https://hooks.acme.test/jobs"


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def endpoint(organization) -> WebhookEndpoint:
    return WebhookEndpointFactory.create(organization=organization)


def bearer(organization, **fields: Any) -> APIClient:
    text = keys.generate(keys.SECRET_PREFIX)
    given = {"scopes": [Scope.MANAGE, Scope.INFERENCE], **fields}
    SecretKeyFactory.create(organization=organization, text=text, **given)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def test_a_new_webhook_shows_its_secret_once(desk, owner) -> None:
    response = desk.post(PAGE, {"url": URL, "events": ["job.failed"], "with_answer": "on"})

    made = WebhookEndpoint.objects.get()
    secret = response.context["secret"]
    assert response.status_code == 201
    assert "no-store" in response.headers["Cache-Control"]
    assert secret in response.content.decode()
    assert decrypt(made.encrypted_secret, purpose=PURPOSE) == secret
    assert (made.url, made.events, made.with_answer, made.created_by) == (URL, ["job.failed"], True, owner)
    for path in (PAGE, f"{PAGE}{made.pk}/"):
        assert secret not in desk.get(path).content.decode()
    noted: Any = AuditEntry.objects.get(action="webhook.created")
    assert noted.after["url"] == URL


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "http://hooks.acme.test/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": URL, "events": ["job.born"]}, "events"),
    ],
)
def test_the_page_says_what_is_wrong(desk, given, field) -> None:
    response = desk.post(PAGE, given)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not WebhookEndpoint.objects.exists()


def test_a_second_one_of_the_same_address_is_refused(desk, organization) -> None:
    WebhookEndpointFactory.create(organization=organization, url=URL)

    response = desk.post(PAGE, {"url": URL})

    assert response.status_code == 422
    assert "already" in response.content.decode()


def test_a_webhook_is_changed_and_keeps_its_secret(desk, endpoint) -> None:
    desk.post(f"{PAGE}{endpoint.pk}/", {"url": URL, "events": ["batch.finished"]})

    found = WebhookEndpoint.objects.get()
    assert (found.url, found.events, found.with_answer) == (URL, ["batch.finished"], False)
    assert found.encrypted_secret == endpoint.encrypted_secret
    noted = AuditEntry.objects.get(action="webhook.changed")
    assert noted.after == {"url": URL, "events": ["batch.finished"], "with_answer": False}


def test_a_new_secret_is_shown_once(desk, endpoint) -> None:
    path = f"{PAGE}{endpoint.pk}/rotate/"
    assert desk.get(path).status_code == 200

    response = desk.post(path, {"overlap_hours": "24"})

    secret = response.context["secret"]
    found = WebhookEndpoint.objects.get()
    assert secret in response.content.decode()
    assert decrypt(found.encrypted_secret, purpose=PURPOSE) == secret
    assert found.encrypted_previous_secret == endpoint.encrypted_secret
    assert "signed with the old secret as well" in desk.get(f"{PAGE}{endpoint.pk}/").content.decode()


def test_a_webhook_is_switched_off_and_on(desk, endpoint) -> None:
    WebhookDeliveryFactory.create(endpoint=endpoint)
    path = f"{PAGE}{endpoint.pk}/"

    desk.post(f"{path}switch/", {"to": "off"})
    assert "Switched off" in desk.get(path).content.decode()
    assert WebhookDelivery.objects.get().status == "failed"
    assert desk.post(f"{path}test/").status_code == 409

    desk.post(f"{path}switch/", {"to": "on"})
    assert WebhookEndpoint.objects.get().disabled_at is None
    assert desk.post(f"{path}test/").status_code == 302


def test_deleting_asks_first(desk, endpoint) -> None:
    path = f"{PAGE}{endpoint.pk}/delete/"
    assert endpoint.url in desk.get(path).content.decode()

    desk.post(path)

    assert not WebhookEndpoint.objects.exists()
    noted: Any = AuditEntry.objects.get(action="webhook.deleted")
    assert noted.before["url"] == endpoint.url


def test_the_page_shows_how_each_message_went(desk, endpoint) -> None:
    WebhookDeliveryFactory.create(endpoint=endpoint, is_delivered=True)
    WebhookDeliveryFactory.create(endpoint=endpoint, attempts=3, response_status=503, error="<b>Down</b>")
    path = f"{PAGE}{endpoint.pk}/"

    page = desk.get(path).content.decode()
    only = desk.get(f"{path}?status=delivered").content.decode()

    assert "503" in page
    assert "&lt;b&gt;Down" in page
    assert "2 messages" in page
    assert "1 message " in only
    assert "503" not in only


def test_what_was_sent_can_be_sent_again(desk, endpoint) -> None:
    sent = WebhookDeliveryFactory.create(endpoint=endpoint, is_delivered=True)
    path = f"{PAGE}{endpoint.pk}/deliveries/{sent.pk}/resend/"

    assert desk.post(path).status_code == 302
    assert WebhookDelivery.objects.get().status == "pending"
    assert desk.post(path).status_code == 409


def test_the_page_of_one_costs_the_same_with_one_message_and_with_ten(desk, endpoint) -> None:
    path = f"{PAGE}{endpoint.pk}/"
    WebhookDeliveryFactory.create(endpoint=endpoint, is_delivered=True)
    few = queries_of(lambda: desk.get(path))
    WebhookDeliveryFactory.create_batch(9, endpoint=endpoint, is_delivered=True)

    assert desk.get(path).content.decode().count("Send again") >= 10
    assert queries_of(lambda: desk.get(path)) == few


def test_the_list_costs_the_same_with_one_and_with_ten(desk, organization) -> None:
    WebhookEndpointFactory.create(organization=organization)
    few = queries_of(lambda: desk.get(PAGE))
    WebhookEndpointFactory.create_batch(9, organization=organization)

    assert desk.get(PAGE).content.decode().count("https://hooks") >= 10
    assert queries_of(lambda: desk.get(PAGE)) == few


def test_a_webhook_of_another_organization_is_not_there(desk, organization) -> None:
    other = WebhookEndpointFactory.create()
    mine = WebhookEndpointFactory.create(organization=organization)
    theirs = WebhookDeliveryFactory.create(endpoint=other, is_delivered=True)

    assert desk.get(f"{PAGE}{other.pk}/").status_code == 404
    assert desk.post(f"{PAGE}{mine.pk}/deliveries/{theirs.pk}/resend/").status_code == 404
    assert desk.get(f"{API}{other.pk}/").status_code == 404
    assert other.url not in desk.get(PAGE).content.decode()


def test_the_api_makes_changes_and_deletes(organization) -> None:
    client = bearer(organization)

    made = client.post(API, {"url": URL, "with_answer": False})
    path = f"{API}{made.json()['id']}/"

    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in client.get(path).json()
    assert [row["url"] for row in client.get(API).json()["results"]] == [URL]
    changed = client.patch(path, {"events": ["job.expired"], "enabled": False}).json()
    assert (changed["events"], changed["disabled_why"], changed["url"]) == (["job.expired"], "by_hand", URL)
    assert client.patch(path, {"enabled": True}).json()["disabled_at"] is None
    rotated = client.post(f"{path}rotate/", {"overlap_hours": 0}).json()
    assert rotated["secret"] != made.json()["secret"]
    assert rotated["previous_until"] is None
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_the_api_tests_lists_and_sends_again(organization, endpoint) -> None:
    client = bearer(organization)
    path = f"{API}{endpoint.pk}/"

    sent = client.post(f"{path}test/")
    WebhookDelivery.objects.update(status="delivered", next_attempt_at=None, finished_at=timezone.now())

    assert sent.status_code == 202
    (row,) = client.get(f"{path}deliveries/").json()["results"]
    assert (row["id"], row["event"], row["status"]) == (sent.json()["id"], "test", "delivered")
    again = client.post(f"{path}deliveries/{row['id']}/resend/")
    assert (again.status_code, again.json()["status"]) == (202, "pending")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "http://hooks.acme.test/"}, "url"),
        ({"url": URL, "events": ["job.born"]}, "events.0"),
        ({"url": URL, "description": "x" * 201}, "description"),
    ],
)
def test_the_api_names_what_is_wrong(organization, body, field) -> None:
    response = bearer(organization).post(API, body)

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]


@pytest.mark.parametrize("scopes", [[Scope.MANAGE], [Scope.INFERENCE]])
def test_a_key_needs_both_scopes(organization, endpoint, scopes) -> None:
    client = bearer(organization, scopes=scopes)

    assert client.post(API, {"url": URL}).status_code == 403
    assert client.get(f"{API}{endpoint.pk}/").status_code == 403


def test_a_key_of_some_projects_is_told_of_none(organization) -> None:
    project = ProjectFactory.create(organization=organization)
    client = bearer(organization, project_ids=[project.pk])

    assert client.post(API, {"url": URL}).status_code == 403
    assert client.get(API).status_code == 403


def test_who_only_looks_sees_no_webhooks(teammate, endpoint) -> None:
    client = Client()
    client.force_login(teammate)

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"url": URL}).status_code == 403
