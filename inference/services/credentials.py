"""Organizations' own keys for providers: stored encrypted, shown never again, and used for what they name."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from accounts import encryption
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization
from accounts.outgoing import is_public
from accounts.services import audit
from inference import configuration
from inference.choices import ProviderName, Task
from inference.inputs import parse_request
from inference.models import Credential, Job
from inference.queries.routes import KEY_PURPOSE
from inference.services import jobs

MOST_KEYS = 50
# What goes into a header: no space, no line break, nothing that is not ASCII.
_KEY = re.compile(r"[\x21-\x7e]{1,500}")
_TEST_SECONDS = 60


@transaction.atomic
def create(
    *,
    organization: Organization,
    actor: Actor,
    name: str,
    provider: ProviderName,
    key: str,
    base_url: str = "",
    is_default: bool = False,
) -> Credential:
    """A new key. Raises Invalid naming the field, Conflict where there are too many."""
    _check_key(key)
    _check_address(base_url)
    Organization.objects.select_for_update().get(pk=organization.pk)
    active = Credential.objects.filter(organization=organization, revoked_at=None)
    if active.filter(name=name).exists():
        raise _invalid("name", "There is a key of this name already.")
    if active.count() >= MOST_KEYS:
        raise Conflict(f"There are {MOST_KEYS} keys already: revoke one first.")
    if is_default:
        active.filter(provider=provider).update(is_default=False)
    made = Credential(
        organization=organization,
        name=name,
        provider=provider,
        base_url=base_url,
        is_default=is_default,
        created_by=actor.user,
        **_stored(key),
    )
    made.save()
    _note(Action.PROVIDER_KEY_CREATED, actor, made, after=_values(made))
    return made


@transaction.atomic
def replace(*, credential: Credential, actor: Actor, key: str) -> Credential:
    """Another key under the same name; calls under way end with the old one. Raises Invalid and Conflict."""
    _check_key(key)
    found = _active(credential)
    was = found.hint
    for field, value in _stored(key).items():
        setattr(found, field, value)
    found.save(update_fields=["encrypted_key", "hint"])
    _note(Action.PROVIDER_KEY_REPLACED, actor, found, before={"hint": was}, after={"hint": found.hint})
    return found


@transaction.atomic
def set_default(*, credential: Credential, actor: Actor, is_default: bool) -> Credential:
    """Whether its provider is asked with it unless something else is named. Raises Conflict for a revoked one."""
    found = _active(credential)
    if found.is_default == is_default:
        return found
    if is_default:
        others = Credential.objects.filter(organization=found.organization_id, provider=found.provider)
        others.filter(is_default=True).update(is_default=False)
    found.is_default = is_default
    found.save(update_fields=["is_default"])
    _note(
        Action.PROVIDER_KEY_CHANGED,
        actor,
        found,
        before={"is_default": not is_default},
        after={"is_default": is_default},
    )
    return found


@transaction.atomic
def revoke(*, credential: Credential, actor: Actor) -> None:
    """Use it no more, and forget it; a second time changes nothing. Jobs that wait for it fail."""
    found = Credential.objects.select_for_update().get(pk=credential.pk)
    if found.revoked_at is not None:
        return
    before = _values(found)
    found.revoked_at, found.encrypted_key, found.is_default = timezone.now(), "", False
    found.save(update_fields=["revoked_at", "encrypted_key", "is_default"])
    _note(Action.PROVIDER_KEY_REVOKED, actor, found, before=before)


def try_out(*, credential: Credential, actor: Actor, model: str = "") -> Job:
    """A job of a few tokens that is done with this key, as every other is. Raises as `jobs.create` does."""
    found = _active(credential)
    body = {
        "task": Task.GENERATE,
        "input": {"prompt": "Answer with the word OK.", "max_tokens": 16},
        "credential": found.name,
        "model": model,
        "deadline": min(_TEST_SECONDS, int(configuration.limits().job)),
    }
    job, _ = jobs.create(organization=found.organization, actor=actor, request=parse_request(body))
    return job


def _active(credential: Credential) -> Credential:
    found = Credential.objects.select_related("organization").get(pk=credential.pk)
    if found.revoked_at is not None:
        raise Conflict("This key is revoked; add a new one.")
    return found


def _stored(key: str) -> dict[str, str]:
    hint = f"…{key[-4:]}" if len(key) >= 16 else "…"
    return {"encrypted_key": encryption.encrypt(key, purpose=KEY_PURPOSE), "hint": hint}


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise _invalid("key", "A key is one word of up to 500 letters, digits and signs.")


def _check_address(url: str) -> None:
    """Early and in words; what counts is the address at the moment of each connection."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise _invalid("base_url", "This is not an address.") from error
    schemes = {"https", "http"} if configuration.private_allowed() else {"https"}
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in schemes or not host or not plain:
        raise _invalid("base_url", "An address as https://llm.example.com/v1, without anything behind it.")
    if not configuration.private_allowed() and _is_private(host):
        raise _invalid("base_url", "Not an address of the internet, which this installation does not allow.")


def _is_private(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)


def _values(credential: Credential) -> dict[str, Any]:
    return {name: getattr(credential, name) for name in ("name", "provider", "base_url", "hint", "is_default")}


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("The key cannot be stored.", fields=[FieldError(field, message)])


def _note(
    action: Action,
    actor: Actor,
    credential: Credential,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=credential.organization_id,
        target=Target(credential.pk, credential.name),
        before=before,
        after=after,
    )
