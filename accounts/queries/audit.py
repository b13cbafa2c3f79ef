"""The audit log as people of an organization read it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, QuerySet

from accounts.audited import Action, ActorKind
from accounts.billing.months import midnight
from accounts.models import AuditEntry, Organization

# How many actors the filter offers, the busiest first.
MOST_ACTORS = 100
# Of one value on the page.
_EXCERPT = 300


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person looks for; empty is everything. Days are in UTC, the last one included.

    `action` is an action, or what it is done to with all of its actions (`insight`); `actor` a kind with an id
    (`person:5`), or a kind alone.
    """

    search: str = ""
    action: str = ""
    actor: str = ""
    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return bool(self.search or self.action or self.actor or self.first or self.last)


@dataclass(frozen=True, slots=True)
class Change:
    """A field of what was changed, as texts; `was` or `became` is None where it was not there."""

    field: str
    was: str | None
    became: str | None


@dataclass(frozen=True, slots=True)
class ActorChoice:
    value: str
    label: str


def entries_of(organization: Organization, selection: Selection) -> "QuerySet[AuditEntry]":
    """Newest first."""
    found = AuditEntry.objects.of(organization)
    if selection.action:
        found = found.filter(action__in=actions_named(selection.action))
    if selection.actor:
        found = found.filter(**_actor(selection.actor))
    if selection.first:
        found = found.filter(created_at__gte=midnight(selection.first))
    if selection.last:
        found = found.filter(created_at__lt=midnight(selection.last + timedelta(days=1)))
    return found.mentioning(selection.search) if selection.search else found


def actions_named(text: str) -> list[str]:
    """The action of this name, or all that are done to what is called so."""
    return [action.value for action in Action if text in {action.value, action.value.partition(".")[0]}]


def actors_of(organization: Organization) -> Sequence[ActorChoice]:
    """Who has done something, the busiest first."""
    rows = AuditEntry.objects.of(organization).order_by().values_list("actor_kind", "actor_id")
    counted = rows.annotate(name=Max("actor_name"), entries=Count("pk")).order_by("-entries", "name")
    return [
        ActorChoice(
            f"{kind}:{pk}" if pk is not None else kind,
            " · ".join(filter(None, (name, str(ActorKind(kind).label)))),
        )
        for kind, pk, name, _ in counted[:MOST_ACTORS]
    ]


def changes_of(entry: AuditEntry) -> Sequence[Change]:
    """Field by field, in their order."""
    before, after = entry.before or {}, entry.after or {}
    return [
        Change(
            name,
            _text(before[name]) if name in before else None,
            _text(after[name]) if name in after else None,
        )
        for name in dict.fromkeys([*before, *after])
    ]


def _actor(text: str) -> dict[str, str | int]:
    kind, _, pk = text.partition(":")
    return {"actor_kind": kind, **({"actor_id": int(pk)} if pk.isdecimal() and len(pk) < 19 else {})}


def _text(value: object) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
