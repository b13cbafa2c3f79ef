"""Who calls with a secret key, remembered for a second or until some key ends, to let in what stays open."""

from collections.abc import Mapping
from dataclasses import dataclass

from asgiref.typing import HTTPScope
from django.conf import settings

from accounts import access, keys
from accounts.access import Actor
from accounts.models import Organization
from accounts.permissions import Capability
from accounts.queries.plans import Limits, limits_of
from analytics.api.door import is_secure
from analytics.api.ended_keys import EndedKeys
from analytics.services.senders import Remembered
from inference.offload import in_database

_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """A key and its organization, with the limits of its plan."""

    actor: Actor
    organization: Organization
    limits: Limits

    @property
    def is_plain(self) -> bool:
        """Whether the key is for the organization as a whole, and its requests need not be counted."""
        key = self.actor.secret_key
        return key is not None and key.project_ids is None and key.requests_a_minute is None

    def may(self, capability: Capability) -> bool:
        return capability in self.actor.capabilities_in(self.organization.pk)


class Callers:
    """Of one process, in its event loop."""

    def __init__(self) -> None:
        self.known: Remembered[str, Caller] = Remembered()
        self.ended_keys = EndedKeys(self.known.forget)

    async def find(self, scope: HTTPScope, headers: Mapping[str, str]) -> Caller | None:
        """None for whom Django has to look at: without a secret key, or with one that is not plain.

        Raises what the access door raises for a key that does not open it.
        """
        given = headers.get("authorization", "")
        is_key = given.lower().startswith(_BEARER + keys.SECRET_PREFIX)
        if not is_key or (settings.SECURE_SSL_REDIRECT and not is_secure(scope, headers)):
            return None
        self.ended_keys.listen()
        text = given[len(_BEARER) :].strip()
        caller, asked_at = self.known.get(text), self.known.forgotten
        if caller is None:
            caller = await in_database(_caller, text)
            self.known.keep(text, caller, asked_at=asked_at)
        return caller if caller.is_plain else None


def _caller(text: str) -> Caller:
    key = access.secret_key(text)
    return Caller(Actor(secret_key=key), key.organization, limits_of(key.organization_id))
