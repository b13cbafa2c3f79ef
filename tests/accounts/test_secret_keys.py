"""Secret keys over their life: they end, are replaced with an overlap, and have a limit of their own."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
import time_machine
from django.db import IntegrityError, transaction

from accounts import keys
from accounts.access import SYSTEM, Actor
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, SecretKey
from accounts.permissions import Role, Scope
from accounts.services import key_limits, secret_keys
from tests import factories

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = "/api/v1/key/"
API = "/api/v1/organizations/acme/keys/"
PAGE = "/o/acme/settings/keys/"
JSON = "application/json"


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def make(organization, **fields) -> tuple[SecretKey, str]:
    given = {"name": "Server", "scopes": [Scope.QUERY], "actor": SYSTEM, **fields}
    return secret_keys.create(organization=organization, **given)


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def manager(organization) -> dict[str, str]:
    """The header of a key that manages keys, and may run queries itself."""
    _, text = make(organization, scopes=[Scope.MANAGE, Scope.QUERY])
    return bearer(text)


def test_a_key_ends_at_its_time(client, organization) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        _, text = make(organization, expires_at=NOW + timedelta(days=1))
        first = client.get(ME, headers=bearer(text)).status_code
        clock.shift(timedelta(days=1))
        second = client.get(ME, headers=bearer(text))

    assert (first, second.status_code) == (200, 401)
    assert "expired" in second.json()["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"scopes": []}, "scopes"),
        ({"expires_at": NOW}, "expires_at"),
        ({"requests_a_minute": 0}, "requests_a_minute"),
        ({"requests_a_minute": 1_000_001}, "requests_a_minute"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(organization, fields, named) -> None:
    with time_machine.travel(NOW, tick=False), pytest.raises(Invalid) as caught:
        make(organization, **fields)

    assert [item.field for item in caught.value.fields] == [named]
    assert not SecretKey.objects.exists()


def test_both_secrets_work_until_the_overlap_is_over(client, organization) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        key, old = make(organization)
        rotated, new = secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(hours=1))
        during = [client.get(ME, headers=bearer(text)).status_code for text in (old, new)]
        clock.shift(timedelta(hours=1))
        after = [client.get(ME, headers=bearer(text)).status_code for text in (old, new)]

    assert (during, after) == ([200, 200], [401, 200])
    assert (rotated.pk, rotated.hint, rotated.previous_hint) == (key.pk, new[:8], old[:8])


def test_without_an_overlap_the_old_secret_ends_at_once(client, organization) -> None:
    key, old = make(organization)
    _, new = secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(0))

    assert [client.get(ME, headers=bearer(text)).status_code for text in (old, new)] == [401, 200]


def test_a_second_rotation_ends_the_first_secret(client, organization) -> None:
    key, first = make(organization)
    _, second = secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(days=1))
    _, third = secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(days=1))

    assert [client.get(ME, headers=bearer(text)).status_code for text in (first, second, third)] == [401, 200, 200]


def test_revoking_ends_the_secret_before_as_well(client, organization) -> None:
    key, old = make(organization)
    _, new = secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(days=1))

    secret_keys.revoke(key=key, actor=SYSTEM)

    assert [client.get(ME, headers=bearer(text)).status_code for text in (old, new)] == [401, 401]


def test_the_use_of_the_old_secret_is_noted_apart(client, organization) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        key, old = make(organization)
        secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(days=1))
        clock.shift(timedelta(minutes=5))
        client.get(ME, headers=bearer(old))
        key.refresh_from_db()

    assert (key.last_used_at, key.previous_used_at) == (None, NOW + timedelta(minutes=5))


@pytest.mark.parametrize("overlap", [timedelta(hours=-1), timedelta(days=91)])
def test_an_overlap_has_bounds(organization, overlap) -> None:
    key, _ = make(organization)

    with pytest.raises(Invalid, match="overlap"):
        secret_keys.rotate(key=key, actor=SYSTEM, overlap=overlap)


def test_a_key_that_is_over_gets_no_new_secret(organization) -> None:
    key, _ = make(organization)
    secret_keys.revoke(key=key, actor=SYSTEM)

    with pytest.raises(Conflict, match="revoked or expired"):
        secret_keys.rotate(key=key, actor=SYSTEM, overlap=timedelta(0))


def test_a_key_hands_on_its_own_scopes_and_no_other(organization) -> None:
    manager, _ = make(organization, scopes=[Scope.MANAGE, Scope.QUERY])
    strong, _ = make(organization, scopes=[Scope.PRIVACY])
    actor = Actor(secret_key=manager)

    made, _ = make(organization, scopes=[Scope.QUERY], actor=actor)
    with pytest.raises(Forbidden, match="privacy"):
        make(organization, scopes=[Scope.PRIVACY], actor=actor)
    with pytest.raises(Forbidden, match="privacy"):
        secret_keys.rotate(key=strong, actor=actor, overlap=timedelta(0))
    assert made.scopes == ["query"]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"requests_a_minute": 0}, "accounts_secretkey_requests_positive"),
        ({"previous_hash": "f" * 64}, "accounts_secretkey_previous_ends"),
        ({"previous_until": NOW}, "accounts_secretkey_previous_ends"),
    ],
)
def test_the_database_itself_refuses_what_makes_no_sense(organization, fields, name) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        factories.SecretKeyFactory.create(organization=organization, **fields)


def test_over_its_limit_a_key_is_refused_and_told_when_to_come_back(client, organization) -> None:
    _, text = make(organization, requests_a_minute=2)

    answers = [client.get(ME, headers=bearer(text)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"2"}
    refused = answers[2]
    assert refused.json()["error"]["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 120
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"]


def test_a_limit_is_of_one_key_and_a_key_without_is_not_counted(client, organization) -> None:
    _, first = make(organization, requests_a_minute=1)
    _, second = make(organization, requests_a_minute=1)
    _, free = make(organization)

    answers = [client.get(ME, headers=bearer(text)) for text in (first, second, free)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "RateLimit-Limit" not in answers[2].headers


def test_without_redis_nobody_is_refused(client, organization, settings, monkeypatch) -> None:
    _, text = make(organization, requests_a_minute=1)

    def fail(*_: object) -> bool:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(key_limits._limiter(settings.REDIS_URL), "hit", fail)

    assert [client.get(ME, headers=bearer(text)).status_code for _ in range(3)] == [200] * 3


def test_the_api_makes_lists_replaces_and_revokes(client, organization, manager) -> None:
    sent = {"content_type": JSON, "headers": manager}

    made = client.post(API, {"name": "Nightly", "scopes": ["query"], "requests_a_minute": 60}, **sent)
    key = made.json()
    listed = client.get(API, headers=manager).json()["results"]
    rotated = client.post(f"{API}{key['id']}/rotate/", {"overlap_hours": 24}, **sent)
    both = [client.get(ME, headers=bearer(text)).status_code for text in (key["secret"], rotated.json()["secret"])]
    gone = client.delete(f"{API}{key['id']}/", headers=manager)
    over = client.get(f"{API}{key['id']}/", headers=manager).json()

    assert (made.status_code, rotated.status_code, gone.status_code) == (201, 200, 204)
    assert {made.headers["Cache-Control"], rotated.headers["Cache-Control"]} == {"no-store"}
    assert [row["name"] for row in listed] == ["Nightly", "Server"]
    assert all("secret" not in row and "hash" not in row for row in listed)
    assert both == [200, 200]
    assert (over["active"], over["requests_a_minute"]) == (False, 60)
    assert client.get(ME, headers=bearer(rotated.json()["secret"])).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes.0"),
        ({"name": "", "scopes": ["query"]}, "name"),
        ({"name": "x", "scopes": ["query"], "requests_a_minute": 0}, "requests_a_minute"),
        ({"name": "x", "scopes": ["query"], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_the_api_names_the_field_at_fault(client, organization, manager, body, field) -> None:
    response = client.post(API, body, content_type=JSON, headers=manager)

    assert response.status_code == 400
    assert response.json()["error"]["fields"][0]["field"] == field


def test_a_key_of_another_organization_is_not_there(client, organization, manager) -> None:
    foreign = factories.SecretKeyFactory.create()

    answers = [
        client.get(f"{API}{foreign.pk}/", headers=manager),
        client.delete(f"{API}{foreign.pk}/", headers=manager),
        client.post(f"{API}{foreign.pk}/rotate/", {}, content_type=JSON, headers=manager),
        client.get(f"{API}{2**63}/", headers=manager),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert SecretKey.objects.active().filter(pk=foreign.pk).exists()


def test_the_page_replaces_a_secret_and_shows_the_new_one_once(desk, organization) -> None:
    key, old = make(organization, name="Nightly")

    asked = desk.get(f"{PAGE}{key.pk}/rotate/")
    done = desk.post(f"{PAGE}{key.pk}/rotate/", {"overlap_hours": "24"})

    text = done.context["text"]
    assert old[:8] in asked.content.decode()
    assert done.status_code == 201
    assert text in done.content.decode()
    assert "no-store" in done.headers["Cache-Control"]
    page = desk.get(PAGE).content.decode()
    assert text not in page
    assert (text[:8] in page, old[:8] in page) == (True, True)


def test_the_page_makes_a_key_with_an_end_and_a_limit(desk, organization) -> None:
    with time_machine.travel(NOW, tick=False):
        desk.force_login(organization.memberships.get().user)
        desk.post(PAGE, {"name": "N", "scopes": ["query"], "expires": "30", "requests_a_minute": "60"})

    key = SecretKey.objects.get()
    assert (key.expires_at, key.requests_a_minute) == (NOW + timedelta(days=30), 60)


def test_the_life_of_a_key_is_in_the_audit_log(organization, owner) -> None:
    actor = Actor(user=owner)
    key, old = make(organization, actor=actor)
    _, new = secret_keys.rotate(key=key, actor=actor, overlap=timedelta(0))
    secret_keys.revoke(key=key, actor=actor)

    entries = AuditEntry.objects.order_by("id")
    assert [entry.action for entry in entries] == [
        "secret_key.created",
        "secret_key.rotated",
        "secret_key.revoked",
    ]
    assert entries[1].before == {"hint": old[:8]}
    assert entries[1].after == {"hint": new[:8], "old_secret_until": None}
    held = str(list(entries.values()))
    assert not any(secret in held for secret in (old, new, keys.digest(old), keys.digest(new)))


def test_a_key_of_scope_billing_reads_what_owners_see_of_billing_and_nothing_else(client, organization) -> None:
    factories.InvoiceFactory.create(organization=organization)
    _, text = make(organization, scopes=[Scope.BILLING])

    for path in ("usage", "caps", "subscription", "invoices"):
        assert client.get(f"/api/v1/organizations/acme/{path}/", headers=bearer(text)).status_code == 200
    refused = client.put(
        "/api/v1/organizations/acme/caps/USD/", {"amount": 1}, content_type=JSON, headers=bearer(text)
    )
    assert (refused.status_code, client.get("/api/v1/projects/", headers=bearer(text)).status_code) == (403, 403)


def test_nobody_gives_a_key_more_than_they_may_themselves(client, organization) -> None:
    """An admin manages keys, and sees no invoices."""
    key, _ = make(organization, scopes=[Scope.BILLING])
    admin = factories.MembershipFactory.create(organization=organization, role=Role.ADMIN).user
    client.force_login(admin)

    page = client.get(PAGE).content.decode()
    response = client.post(PAGE, {"name": "Books", "scopes": ["billing"]})
    rotated = client.post(f"{PAGE}{key.pk}/rotate/", {"overlap_hours": 0})
    client.post(f"{PAGE}{key.pk}/revoke/")

    assert 'value="billing"' not in page
    assert 'value="members"' in page
    assert (response.status_code, rotated.status_code) == (422, 403)
    with pytest.raises(Forbidden, match="an owner may"):
        make(organization, scopes=[Scope.BILLING], actor=Actor(user=admin))
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_an_owner_gives_every_scope(desk, organization) -> None:
    response = desk.post(PAGE, {"name": "All", "scopes": Scope.values})

    assert response.status_code == 201
    assert SecretKey.objects.get().scopes == sorted(Scope.values)
