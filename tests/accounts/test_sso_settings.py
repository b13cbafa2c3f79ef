"""Setting up single sign-on: the provider is asked and kept secret, domains are proved, and it is tested."""

import socketserver
import threading
from collections.abc import Iterator

import dns.message
import dns.resolver
import dns.rrset
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from accounts import proofs
from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import AuditEntry, DomainClaim, Membership, SingleSignOn, User
from accounts.permissions import Role
from accounts.queries import sso as shown
from accounts.services import domains, sso
from tests import factories
from tests.accounts.sso import START, come, connect, from_provider, is_in, log_of

PAGE = "/o/acme/settings/sso/"


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def boss(owner) -> Actor:
    return Actor(user=owner)


def sent(provider, **other: str) -> dict[str, str]:
    given = {"discovery_url": provider.issuer, "client_id": "plumbline", "client_secret": "s3cret"}
    return {**given, "default_role": "viewer", **other}


def test_the_provider_is_asked_saved_and_its_secret_encrypted(desk, organization, provider) -> None:
    before = desk.get(PAGE).context["callback"]

    done = desk.post(PAGE, sent(provider), follow=True)

    found = SingleSignOn.objects.get()
    assert (found.issuer, found.client_id, found.default_role) == (provider.issuer, "plumbline", Role.VIEWER)
    assert before == f"http://testserver/accounts/sso/{found.provider_id}/callback/"
    assert before in done.content.decode()
    assert "s3cret" not in found.encrypted_secret
    assert "s3cret" not in done.content.decode()
    assert sso.client_secret(found) == "s3cret"
    assert [action for action, _, _ in log_of(organization)] == ["sso.changed"]
    assert "s3cret" not in str(AuditEntry.objects.values_list("before", "after"))


def test_an_empty_secret_keeps_the_one_that_is_there(desk, organization, provider) -> None:
    desk.post(PAGE, sent(provider))
    desk.post(PAGE, sent(provider, client_secret="", default_role="analyst"))
    desk.post(PAGE, sent(provider, client_secret="another", default_role="analyst"))
    desk.post(PAGE, sent(provider, client_secret="", default_role="analyst"))

    assert sso.client_secret(SingleSignOn.objects.get()) == "another"
    changes = list(AuditEntry.objects.order_by("pk").values_list("before", "after"))[1:]
    assert changes == [
        ({"default_role": "viewer"}, {"default_role": "analyst"}),
        (None, {"client": "new client secret"}),
    ]


@pytest.mark.parametrize(
    ("other", "field", "why"),
    [
        ({"discovery_url": "http://login.acme.test"}, "discovery_url", "is not an https:// address"),
        ({"discovery_url": "https://nobody.invalid"}, "discovery_url", "does not answer"),
        ({"discovery_url": "ftp://login.acme.test"}, "discovery_url", "is not an https:// address"),
        ({"discovery_url": "https://u:p@login.acme.test"}, "discovery_url", "is not an https:// address"),
        ({"discovery_url": "nothing"}, "discovery_url", "is not an https:// address"),
        ({"client_id": ""}, "client_id", "required"),
        ({"client_secret": ""}, "client_secret", "required"),
        ({"default_role": "owner"}, "default_role", "owner is not one"),
    ],
)
def test_what_is_wrong_is_named(desk, provider, other, field, why) -> None:
    response = desk.post(PAGE, sent(provider, **other))

    assert response.status_code == 422
    assert why in str(response.context["form"].errors[field])
    assert not SingleSignOn.objects.exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"token_endpoint": "http://login.acme.test/token"}, "is not an https:// address"),
        ({"jwks_uri": None}, "does not say its jwks_uri"),
        ({"issuer": ""}, "does not say its issuer"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "signs in no way"),
    ],
)
def test_a_provider_that_is_none_is_not_saved(desk, provider, monkeypatch, said, why) -> None:
    honest = provider.configuration()
    monkeypatch.setattr(provider, "configuration", lambda: {**honest, **said})

    response = desk.post(PAGE, sent(provider))

    assert why in str(response.context["form"].errors["discovery_url"])
    assert not SingleSignOn.objects.exists()


@pytest.mark.parametrize("path", ["/moved?/.well-known/", "/jwks?/.well-known/", "/nothing/.well-known/"])
def test_an_address_without_a_provider_is_not_saved(desk, provider, path) -> None:
    response = desk.post(PAGE, sent(provider, discovery_url=f"{provider.issuer}{path}"))

    assert response.status_code == 422
    assert not SingleSignOn.objects.exists()


def test_asking_other_servers_is_limited(desk, provider) -> None:
    answers = [desk.post(PAGE, sent(provider)).status_code for _ in range(11)]

    assert answers == [302] * 10 + [429]


def test_another_issuer_or_client_has_to_be_tested_again(desk, organization, provider, boss) -> None:
    connection = connect(
        organization,
        provider,
        "acme.test",
        tested_at=timezone.now(),
        tested_as="a@acme.test",
        client_id="plumbline",
    )
    sso.enforce(connection=connection, actor=boss)
    desk.post(PAGE, sent(provider))
    connection.refresh_from_db()
    assert connection.enforced_at is not None

    desk.post(PAGE, sent(provider, client_id="another"))

    connection.refresh_from_db()
    assert connection.tested_as == ""
    assert SingleSignOn.objects.filter(tested_at=None, enforced_at=None).exists()


# The test


def test_a_test_goes_through_the_provider_and_changes_nobody_s_session(
    desk, organization, provider, owner
) -> None:
    connection = connect(organization, provider, "acme.test")
    page = desk.post(f"{PAGE}test/")

    done = desk.get(from_provider(page.context["address"]), follow=True)

    connection.refresh_from_db()
    assert done.redirect_chain == [(PAGE, 302)]
    assert "It works: you came through it as ada@acme.test." in done.content.decode()
    assert connection.tested_as == "ada@acme.test"
    assert desk.session["_auth_user_id"] == str(owner.pk)
    assert not User.objects.filter(email="ada@acme.test").exists()
    assert not SocialAccount.objects.exists()
    assert log_of(organization)[-1][0] == "sso.tested"


def test_a_test_with_an_address_of_no_proved_domain_does_not_count(desk, organization, provider) -> None:
    connection = connect(organization, provider)
    page = desk.post(f"{PAGE}test/")

    done = desk.get(from_provider(page.context["address"]), follow=True)

    connection.refresh_from_db()
    assert "which is of none of your proved domains" in done.content.decode()
    assert connection.tested_at is None


@pytest.mark.parametrize("lies", ["signature", "expired", "nonce", "no token"])
def test_a_test_that_fails_says_why(desk, organization, provider, lies) -> None:
    connection = connect(organization, provider, "acme.test")
    page = desk.post(f"{PAGE}test/")
    provider.lies = lies

    failed = desk.get(from_provider(page.context["address"]))

    connection.refresh_from_db()
    assert failed.status_code == 403
    assert "could not log you in" in failed.content.decode()
    assert connection.tested_at is None


def test_a_test_counts_for_owners_only(organization, provider, teammate, desk) -> None:
    """Whoever stopped being one meanwhile has tested nothing."""
    connection = connect(organization, provider, "acme.test")
    page = desk.post(f"{PAGE}test/")
    factories.MembershipFactory.create(organization=organization, role=Role.OWNER)
    Membership.objects.filter(user__email="owner@acme.test").update(role=Role.ADMIN)

    desk.get(from_provider(page.context["address"]))

    connection.refresh_from_db()
    assert connection.tested_at is None


def test_the_page_leads_from_step_to_step(desk, organization, provider, teammate) -> None:
    assert "Save the provider first." in desk.get(PAGE).content.decode()
    connection = connect(organization, provider)
    assert "Prove a domain and test the provider first" in desk.get(PAGE).content.decode()
    factories.DomainClaimFactory.create(organization=organization, domain="acme.test")
    SingleSignOn.objects.update(tested_at=timezone.now(), tested_as="ada@acme.test")
    # The teammate; not the owner.
    assert "1 member." in desk.get(PAGE).content.decode()

    done = desk.post(f"{PAGE}enforce/", follow=True)

    connection.refresh_from_db()
    assert connection.enforced_at is not None
    assert "the only way in now" in done.content.decode()
    desk.post(f"{PAGE}enforce/", {"off": "1"})
    connection.refresh_from_db()
    assert connection.enforced_at is None


def test_removing_forgets_who_came_and_passwords_open_again(desk, organization, provider) -> None:
    connect(organization, provider, "acme.test")
    come(Client(), "ada@acme.test")

    desk.post(f"{PAGE}remove/")

    assert not SingleSignOn.objects.exists()
    assert not SocialAccount.objects.exists()
    assert User.objects.filter(email="ada@acme.test").exists()
    assert log_of(organization)[-1][0] == "sso.removed"
    assert Client().post(START, {"login": "ada@acme.test"}).status_code == 422


# Domains


class Dns(socketserver.BaseRequestHandler):
    """Answers every question for a TXT record with `records`, by name."""

    records: dict[str, list[str]]

    def handle(self) -> None:
        data, socket = self.request
        asked = dns.message.from_wire(data)
        answer = dns.message.make_response(asked)
        name = asked.question[0].name
        for text in self.records.get(str(name).rstrip("."), []):
            answer.answer.append(dns.rrset.from_text(name, 1, "IN", "TXT", f'"{text}"'))
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def records(monkeypatch) -> Iterator[dict[str, list[str]]]:
    """What a DNS server on this machine has, which is asked over UDP."""
    known: dict[str, list[str]] = {}
    handler = type("Bound", (Dns,), {"records": known})
    with socketserver.UDPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

        def local() -> dns.resolver.Resolver:
            made = dns.resolver.Resolver(configure=False)
            made.nameservers, made.port = ["127.0.0.1"], server.server_address[1]
            return made

        monkeypatch.setattr(proofs, "resolver", local)
        yield known
        server.shutdown()


@pytest.fixture
def claim(organization, boss) -> DomainClaim:
    return domains.claim(organization=organization, domain="Acme.TEST", actor=boss)


def test_a_record_in_the_dns_proves_a_domain(desk, organization, claim, records) -> None:
    page = desk.get(PAGE)
    row = page.context["domains"][0]
    assert row.record_value in page.content.decode()
    records[row.record_name] = ["v=spf1 -all", row.record_value]

    done = desk.post(f"{PAGE}domains/{claim.pk}/prove/", follow=True)

    claim.refresh_from_db()
    assert (claim.domain, claim.proved_how) == ("acme.test", "dns")
    assert "acme.test is yours" in done.content.decode()
    assert log_of(organization) == [
        ("domain.claimed", "acme.test", None),
        ("domain.proved", "acme.test", {"domain": "acme.test", "proved": "dns"}),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_plumbline.acme.test", "plumbline-verification=of-somebody-else"),
        ("acme.test", "{}"),
        ("_plumbline.acme.test", "{} and more"),
        ("_plumbline.other.test", "{}"),
    ],
)
def test_another_record_proves_nothing(desk, claim, records, name, text) -> None:
    records[name] = [text.format(shown.value_of(claim))]

    done = desk.post(f"{PAGE}domains/{claim.pk}/prove/", follow=True)

    claim.refresh_from_db()
    assert claim.proved_at is None
    assert "is there yet" in done.content.decode()


def test_a_file_on_the_domain_s_site_proves_it(desk, claim, records, monkeypatch) -> None:
    asked = []

    def site(session, url, **_):
        asked.append(url)
        answer = requests.Response()
        answer.status_code, answer._content = 200, f"\ufeffhello\n{shown.value_of(claim)}\r\n".encode()
        return answer

    monkeypatch.setattr(requests.Session, "get", site)

    desk.post(f"{PAGE}domains/{claim.pk}/prove/")

    claim.refresh_from_db()
    assert claim.proved_how == "file"
    assert asked == ["https://acme.test/.well-known/plumbline-verification.txt"]


def test_a_domain_belongs_to_whoever_proved_it_first(boss, claim, records, stranger) -> None:
    theirs = stranger.memberships.get().organization
    other = domains.claim(organization=theirs, domain="acme.test", actor=Actor(user=stranger))
    records["_plumbline.acme.test"] = [shown.value_of(claim), shown.value_of(other)]
    domains.prove(claim=claim, actor=boss)

    with pytest.raises(Conflict, match="belongs to another organization"):
        domains.prove(claim=other, actor=Actor(user=stranger))
    domains.release(claim=claim, actor=boss)
    assert domains.prove(claim=other, actor=Actor(user=stranger)).proved_at is not None


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("gmail.com", "Anybody has an address"),
        ("GMail.com", "Anybody has an address"),
        ("localhost", "not a domain"),
        ("10.0.0.1", "not a domain"),
        ("acme test.com", "not a domain"),
        ("https://acme.com/", "not a domain"),
        ("-acme.com", "not a domain"),
        ("", "required"),
        (f"{'a' * 64}.com", "not a domain"),
        ("acme.test", "claimed already"),
    ],
)
def test_what_nobody_can_claim(desk, claim, domain, why) -> None:
    response = desk.post(f"{PAGE}domains/", {"domain": domain})

    assert response.status_code == 422
    assert why in str(response.context["domain_form"].errors)
    assert DomainClaim.objects.count() == 1


def test_domains_are_written_in_one_way(organization, boss) -> None:
    given = ("Müller.example", "ada@Sub.Example.COM", "example.org.")

    made = [domains.claim(organization=organization, domain=name, actor=boss).domain for name in given]

    assert made == ["xn--mller-kva.example", "sub.example.com", "example.org"]


def test_an_organization_claims_so_many(organization, boss) -> None:
    factories.DomainClaimFactory.create_batch(domains.MOST, organization=organization)

    with pytest.raises(Invalid, match="50 domains at most"):
        domains.claim(organization=organization, domain="one-more.test", actor=boss)


def test_a_released_domain_lets_nobody_in(desk, organization, provider) -> None:
    connect(organization, provider, "acme.test")
    come(Client(), "ada@acme.test")
    claim = DomainClaim.objects.get()
    assert desk.get(f"{PAGE}domains/{claim.pk}/release/").status_code == 200

    desk.post(f"{PAGE}domains/{claim.pk}/release/")

    assert not DomainClaim.objects.exists()
    assert log_of(organization)[-1][0] == "domain.released"
    assert Client().post(START, {"login": "ada@acme.test"}).status_code == 422


def test_staff_approve_and_delete_claims_and_are_named(client, organization, stranger) -> None:
    factories.DomainClaimFactory.create(
        organization=organization, domain="acme.test", proved_at=None, proved_how=""
    )
    other = factories.DomainClaimFactory.create(
        organization=stranger.memberships.get().organization, domain="acme.test", proved_at=None, proved_how=""
    )
    client.force_login(factories.UserFactory.create(is_staff=True, is_superuser=True))
    rows = list(DomainClaim.objects.order_by("pk").values_list("pk", flat=True))

    done = client.post(
        "/admin/accounts/domainclaim/", {"action": "approve_selected", "_selected_action": rows}, follow=True
    )
    client.post(f"/admin/accounts/domainclaim/{rows[0]}/delete/", {"post": "yes"})

    assert "belongs to another organization" in done.content.decode()
    assert [row.pk for row in DomainClaim.objects.all()] == [other.pk]
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor_kind", "organization__slug")
    assert list(entries) == [("domain.proved", "staff", "acme"), ("domain.released", "staff", "acme")]


def test_staff_unbind_an_account(client, organization, provider) -> None:
    connect(organization, provider, "acme.test")
    come(Client(), "ada@acme.test")
    client.force_login(factories.UserFactory.create(is_staff=True, is_superuser=True))

    page = client.get("/admin/accounts/singlesignon/").content.decode()
    client.post(f"/admin/socialaccount/socialaccount/{SocialAccount.objects.get().pk}/delete/", {"post": "yes"})

    assert "client secret" not in page
    assert not SocialAccount.objects.exists()
    assert log_of(organization)[-1][0] == "sso.unlinked"
    visitor = Client()
    come(visitor, "ada@acme.test")
    assert is_in(visitor)
