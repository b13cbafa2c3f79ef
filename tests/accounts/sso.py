"""What the tests of single sign-on share: Acme with a provider that really answers, and a way through it."""

from typing import Any
from urllib.parse import urlsplit

import requests
from django.test import Client

from accounts.models import AuditEntry, Organization, SingleSignOn
from accounts.openid.provider import callback_url
from tests import factories
from tests.simulators.oidc import Provider

START = "/accounts/sso/"
SECRET = "client secret"


def connect(organization: Organization, provider: Provider, *domains: str, **fields: Any) -> SingleSignOn:
    """The organization's provider, registered there as a client of its own, with proved domains."""
    client_id = fields.pop("client_id", f"client-of-{organization.slug}")
    found: SingleSignOn = factories.SingleSignOnFactory.create(
        organization=organization, issuer=provider.issuer, client_id=client_id, secret=SECRET, **fields
    )
    uris = provider.clients.get(client_id, ("", set()))[1] | {callback_url(found.provider_id)}
    provider.register(client_id, SECRET, *uris)
    for domain in domains:
        factories.DomainClaimFactory.create(organization=organization, domain=domain)
    return found


def address_of(client: Client, email: str, **sent: str) -> str:
    """Where the product sends whoever types this address."""
    response = client.post(START, {"login": email, **sent})
    assert response.status_code == 200, response.content.decode()
    return str(response.context["address"])


def from_provider(address: str) -> str:
    """The person is at the provider, which sends them back: to where, without the host."""
    with requests.get(address, allow_redirects=False, timeout=10) as answer:
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def come(client: Client, email: str, **sent: str) -> Any:
    """Through the provider and back, to the answer of the callback."""
    return client.get(from_provider(address_of(client, email, **sent)))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def log_of(organization: Organization) -> list[tuple[str, str, object]]:
    """Action, target and what is after, the oldest first."""
    rows = AuditEntry.objects.filter(organization=organization).order_by("pk")
    return list(rows.values_list("action", "target_name", "after"))
