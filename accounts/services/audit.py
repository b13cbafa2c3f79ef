"""The audit log is written, in the transaction of the change itself: both are there, or neither."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from accounts import keys
from accounts.access import Actor
from accounts.audited import NOTHING, NOWHERE_IN_PARTICULAR, Action, Place, Target
from accounts.models import AuditEntry

# Of one value, as JSON; what is longer is named by its length.
LONGEST_VALUE = 4_000
# What no entry may hold, whoever asks for it.
_SECRET = frozenset({"hash", "previous_hash", "password", "secret", "text", "token"})
# The database's word that this transaction may delete what is old.
_MAY_EXPIRE = "SELECT set_config('plumbline.audit_expiry', 'on', true)"
_EXPIRE = "DELETE FROM accounts_auditentry WHERE created_at < %s"


def record(
    *,
    action: Action,
    actor: Actor,
    organization_id: int | None,
    target: Target = NOTHING,
    place: Place = NOWHERE_IN_PARTICULAR,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry. Without an organization it is of the installation.

    `before` and `after` are the fields of the change: of what is new only `after`, of what is gone only `before`.
    Raises RuntimeError outside of a transaction, and ValueError for a field that is a secret by its name.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"'{action}' is to be noted in the transaction of the change.")
    AuditEntry.objects.create(
        organization_id=organization_id,
        action=action.value,
        actor_kind=actor.kind,
        **_who(actor),
        target_id=str(target.id)[:64],
        target_name=_short(target.name, 254),
        project_id=place.id,
        project_name=_short(place.name, 200),
        before=_shown(before),
        after=_shown(after),
        address=actor.origin.address or None,
        user_agent=actor.origin.user_agent,
    )


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What changed, as it was and as it is; None where nothing did."""
    names = [name for name in after if before.get(name) != after[name]]
    if not names:
        return None
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def expire(*, now: datetime | None = None) -> int:
    """Delete what is older than is kept; how many. The database allows no other deletion."""
    edge = (now or timezone.now()) - timedelta(days=settings.AUDIT_DAYS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MAY_EXPIRE)
        cursor.execute(_EXPIRE, [edge])
        return int(cursor.rowcount)


def _who(actor: Actor) -> dict[str, Any]:
    if actor.secret_key is not None:
        key = actor.secret_key
        return {"actor_id": key.pk, "actor_name": _short(f"{key.name} ({key.hint}…)", 254)}
    if actor.user is not None:
        return {"actor_id": actor.user.pk, "actor_name": actor.user.email}
    return {}


def _shown(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    if secret := _SECRET.intersection(values):
        raise ValueError(f"The audit log does not take {', '.join(sorted(secret))}.")
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    """As JSON, without keys in clear, and without NUL, which PostgreSQL does not take."""
    text = keys.masked(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).replace("\\u0000", "�"))
    return json.loads(text) if len(text) <= LONGEST_VALUE else f"({len(text):,} characters, too long to keep)"


def _short(text: str, most: int) -> str:
    return keys.masked(text).replace("\0", "�")[:most]
