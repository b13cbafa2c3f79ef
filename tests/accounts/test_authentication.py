"""A secret key at the API's door, over HTTP."""

import time_machine

from accounts import keys
from accounts.access import SYSTEM
from accounts.permissions import Scope
from accounts.services import secret_keys
from tests import factories

ADDRESS = "/api/v1/key/"


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_key_opens_its_organization(client, organization) -> None:
    key, text = secret_keys.create(organization=organization, name="Server", scopes=[Scope.QUERY], actor=SYSTEM)

    response = client.get(ADDRESS, headers=bearer(text))

    body = response.json()
    assert response.status_code == 200
    assert body["organization"] == {"name": "Acme", "slug": "acme"}
    assert body["scopes"] == ["query"]
    assert body["hint"] == key.hint == text[:8]
    assert text not in response.content.decode()
    assert key.hash not in response.content.decode()


def refused(response) -> None:
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["error"]["code"] == "unauthenticated"


def test_a_wrong_key_is_refused_in_the_envelope(db: None, client) -> None:
    response = client.get(ADDRESS, headers=bearer(keys.generate(keys.SECRET_PREFIX)))

    refused(response)
    assert response.json()["error"]["message"] == "This key is unknown, revoked or expired."


def test_a_revoked_key_is_refused_like_an_unknown_one(client, organization) -> None:
    key, text = secret_keys.create(organization=organization, name="Old", scopes=[Scope.QUERY], actor=SYSTEM)
    secret_keys.revoke(key=key, actor=SYSTEM)

    refused(client.get(ADDRESS, headers=bearer(text)))


def test_no_key_an_empty_key_and_a_hash_are_refused(db: None, client) -> None:
    key = factories.SecretKeyFactory.create()

    refused(client.get(ADDRESS))
    refused(client.get(ADDRESS, headers=bearer("")))
    refused(client.get(ADDRESS, headers=bearer(key.hash)))


def test_a_write_key_is_no_secret_key(client, project) -> None:
    text = keys.generate(keys.WRITE_PREFIX)
    factories.WriteKeyFactory.create(project=project, text=text)

    refused(client.get(ADDRESS, headers=bearer(text)))


def test_a_logged_in_person_has_no_key(client, owner) -> None:
    client.force_login(owner)

    refused(client.get(ADDRESS))


def test_the_use_of_a_key_is_noted_once_a_minute(client, organization) -> None:
    key, text = secret_keys.create(organization=organization, name="S", scopes=[Scope.QUERY], actor=SYSTEM)
    seen = []
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        for seconds in (0, 59, 2):
            clock.shift(seconds)
            client.get(ADDRESS, headers=bearer(text))
            key.refresh_from_db()
            seen.append(str(key.last_used_at))

    assert seen == ["2026-03-01 12:00:00+00:00", "2026-03-01 12:00:00+00:00", "2026-03-01 12:01:01+00:00"]
