"""One person: how much is stored of them, and all of it as a file (GDPR, articles 15 and 20)."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from django.db.models import Q
from django.utils import timezone

from analytics.contracts import TIMES
from analytics.models import PersonLink, PersonTraits, Project
from analytics.queries import cohort_members, manifest, people, storage
from analytics.store.base import Snapshot, SnapshotGone
from analytics.store.erased import Found

# All of time, as far as dates can tell it.
_EVER = {"start": datetime(1, 1, 1, tzinfo=UTC), "end": datetime(9999, 12, 31, tzinfo=UTC)}
_EXPORT_SECONDS = 120
_JSON = ("properties", "context")
NOTE = (
    "Events that arrived within the last seconds may be missing. An event is theirs if it carries one of the ids, "
    "or belongs to the person by the links. Times are in UTC."
)

_T = TypeVar("_T")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Person:
    """Who an id belongs to: the person, all of their ids, and what is stored of them."""

    person: str
    ids: tuple[str, ...]
    found: Found
    has_traits: bool

    @property
    def is_known(self) -> bool:
        return bool(self.found.events or self.has_traits or len(self.ids) > 1)


def find(*, project: Project, identifier: str) -> Person:
    """What is stored of whoever this id belongs to. Raises DeadlineExceeded after the configured seconds."""
    ids = people.ids_of(project.pk, identifier)

    def counted(snapshot: Snapshot) -> Found:
        return storage.people().summary(snapshot, ids)

    traits = PersonTraits.objects.filter(project=project, person__in=ids)
    return Person(ids[0], tuple(ids), _at_one_moment(project, counted), traits.exists())


def export(*, project: Project, identifier: str) -> bytes:
    """A ZIP of `person.json` (ids, links, traits, cohorts) and `events.ndjson` (every event in the order of time).

    It is made in memory: packed, a million events of one person take some tens of megabytes. Raises
    DeadlineExceeded where it takes longer than two minutes.
    """
    ids = people.ids_of(project.pk, identifier)

    def written(snapshot: Snapshot) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            events = 0
            with archive.open("events.ndjson", "w", force_zip64=True) as lines:
                for line in _lines(snapshot, ids):
                    lines.write(line)
                    events += 1
            facts = _facts(project, identifier, ids, events)
            archive.writestr("person.json", json.dumps(facts, indent=2, ensure_ascii=False))
        return file.getvalue()

    return _at_one_moment(project, written)


def _at_one_moment(project: Project, read: Callable[[Snapshot], _T]) -> _T:
    """Read a snapshot; a new one if compaction and sweeping took away a file that it was about to read."""
    try:
        return read(manifest.snapshot(project.pk, **_EVER))
    except SnapshotGone:
        return read(manifest.snapshot(project.pk, **_EVER))


def _lines(snapshot: Snapshot, ids: list[str]) -> Iterator[bytes]:
    for rows in storage.people(seconds=_EXPORT_SECONDS).rows(snapshot, ids):
        for row in rows:
            yield _encode(_as_json(row)) + b"\n"


def _as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as people send and read it: without what is empty, JSON as JSON."""
    shown: dict[str, Any] = {name: value for name, value in row.items() if value not in {"", "{}", None}}
    shown |= {name: shown[name].replace(tzinfo=UTC) for name in TIMES}
    return shown | {name: msgspec.Raw(shown[name].encode()) for name in _JSON if name in shown}


def _facts(project: Project, identifier: str, ids: list[str], events: int) -> dict[str, Any]:
    links = PersonLink.objects.filter(Q(alias__in=ids) | Q(person__in=ids), project=project)
    traits = PersonTraits.objects.filter(project=project, person__in=ids).order_by("person")
    return {
        "asked_for": identifier,
        "person": ids[0],
        "ids": ids,
        "links": [
            {"id": link.alias, "person": link.person, "by": link.by, "since": link.created_at.isoformat()}
            for link in links.order_by("created_at", "alias")
        ],
        "traits": [{"person": item.person, "traits": item.traits} for item in traits],
        "cohorts": cohort_members.holding(project.pk, ids),
        "events": events,
        "project": project.name,
        "exported_at": timezone.now().isoformat(),
        "note": NOTE,
    }
