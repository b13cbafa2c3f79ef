"""Set up the provider of an organization, test it, and make it the only way in for its domains' addresses."""

from django.db import transaction
from django.utils import timezone

from accounts import encryption
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization, SingleSignOn
from accounts.openid import discovery
from accounts.permissions import Capability, Role
from accounts.queries import sso
from accounts.services import audit, sso_bindings, sso_sessions

# The fields of a change, as they were or became.
Change = dict[str, str] | None

_PURPOSE = "single sign-on"
_SHOWN = ("discovery_url", "issuer", "client_id", "default_role")


def configure(
    *,
    organization: Organization,
    actor: Actor,
    discovery_url: str,
    client_id: str,
    client_secret: str,
    default_role: Role,
) -> SingleSignOn:
    """Save the provider after asking it who it is; an empty `client_secret` leaves the one that is there.

    Another issuer or client has to be tested before it is enforced again. Raises Forbidden, and Invalid with the
    field for a provider that does not answer, an insecure address, a missing secret, and owner as the role.
    """
    actor.require(organization.pk, Capability.MANAGE_SSO)
    # Asked before the transaction begins, which is not to wait for other people's servers.
    provider = discovery.read(discovery_url)
    if default_role == Role.OWNER:
        raise Invalid(
            "Owners are made by owners.", fields=[FieldError("default_role", "Owners are made by owners.")]
        )
    with transaction.atomic():
        Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
        found = _of(organization) or SingleSignOn(
            organization=organization, provider_id=sso.provider_id_of(organization)
        )
        if not (client_secret or found.encrypted_secret):
            raise Invalid("The client secret is missing.", fields=[FieldError("client_secret", "Is missing.")])
        before = _values(found) if found.pk else None
        if (found.issuer, found.client_id) != (provider.issuer, client_id):
            found.tested_at, found.tested_as, found.enforced_at = None, "", None
        found.discovery_url, found.issuer, found.client_id = discovery_url, provider.issuer, client_id
        found.default_role = default_role
        if client_secret:
            found.encrypted_secret = encryption.encrypt(client_secret, purpose=_PURPOSE)
        found.save()
        _note_values(found, before, actor, secret_changed=bool(client_secret))
    return found


def client_secret(connection: SingleSignOn) -> str:
    """In clear; raises Unavailable where it was encrypted under another SECRET_KEY."""
    return encryption.decrypt(connection.encrypted_secret, purpose=_PURPOSE)


@transaction.atomic
def remove(*, connection: SingleSignOn, actor: Actor) -> None:
    """Forget the provider, and who came by it; people log in as before. Raises Forbidden."""
    actor.require(connection.organization_id, Capability.MANAGE_SSO)
    _note(Action.SSO_REMOVED, connection, actor, before=_values(connection))
    sso_bindings.forget(connection.organization)
    connection.delete()


@transaction.atomic
def note_tested(*, connection: SingleSignOn, email: str, actor: Actor) -> bool:
    """Somebody came through it; whether with an address of the organization's domains, as counts for a test."""
    actor.require(connection.organization_id, Capability.MANAGE_SSO)
    if not sso.captures(connection.organization, email):
        return False
    connection.tested_at, connection.tested_as = timezone.now(), email
    connection.save(update_fields=["tested_at", "tested_as"])
    _note(Action.SSO_TESTED, connection, actor, after={"email": email})
    return True


@transaction.atomic
def enforce(*, connection: SingleSignOn, actor: Actor) -> int:
    """Make it the only way in for addresses of the organization's domains, and end their other sessions; how many.

    Raises Forbidden, and Conflict before it was tested or where no domain is proved.
    """
    actor.require(connection.organization_id, Capability.MANAGE_SSO)
    found = SingleSignOn.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    if found.tested_at is None:
        raise Conflict("Test it first: whoever cannot come in by it could not come in at all.")
    if not sso.may_come(found.organization_id):
        raise Conflict("Prove a domain first: it is enforced for addresses of your domains.")
    if found.enforced_at is None:
        found.enforced_at = timezone.now()
        found.save(update_fields=["enforced_at"])
        _note(Action.SSO_ENFORCED, found, actor)
    return sso_sessions.end_others(found)


@transaction.atomic
def make_optional(*, connection: SingleSignOn, actor: Actor) -> None:
    """Let people in by their passwords and passkeys as well. Raises Forbidden."""
    actor.require(connection.organization_id, Capability.MANAGE_SSO)
    found = SingleSignOn.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    if found.enforced_at is not None:
        found.enforced_at = None
        found.save(update_fields=["enforced_at"])
        _note(Action.SSO_OPTIONAL, found, actor)


def _of(organization: Organization) -> SingleSignOn | None:
    return SingleSignOn.objects.filter(organization=organization).first()


def _values(connection: SingleSignOn) -> dict[str, str]:
    return {name: str(getattr(connection, name)) for name in _SHOWN}


def _note_values(connection: SingleSignOn, before: Change, actor: Actor, *, secret_changed: bool) -> None:
    """What is different; of the secret only that it is a new one."""
    word: Change = {"client": "new client secret"} if secret_changed else None
    if before is None:
        _note(Action.SSO_CHANGED, connection, actor, after=_values(connection))
        return
    was, became = audit.differing(before, _values(connection)) or ({}, {})
    if became or word:
        _note(Action.SSO_CHANGED, connection, actor, before=was or None, after={**became, **(word or {})})


def _note(
    action: Action, connection: SingleSignOn, actor: Actor, before: Change = None, after: Change = None
) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=connection.organization_id,
        target=Target(connection.pk, connection.issuer),
        before=before,
        after=after,
    )
