"""Take the request to erase a person: gone from every answer when it returns, and from files by `erasing`.

Who comes back after the request is somebody new. So what tells of the person in the database, links, traits and
places in cohorts, goes in the request's own transaction, and what is received afterwards, also under the same ids,
is kept.
"""

import functools
from collections.abc import Sequence
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from accounts import idempotency
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import FieldError, IdempotencyMismatch, Invalid, Unavailable
from analytics.ingestion import cleaning
from analytics.ingestion.refusal import Refused
from analytics.models import Erasure, Manifest, PersonLink, PersonTraits, Project
from analytics.queries import people
from analytics.queries.erasures import hash_of
from analytics.services import cohort_members, live, query_runs, trail

# A pass of sealing holds the manifest for seconds.
_PATIENCE = "20s"
# So long nobody else works on an erasure after whoever did was heard of last. Two at a time would count and leave
# out the same, and only read every file twice.
LEASE = timedelta(minutes=30)


def identifier(value: object) -> str:
    """An id as events carry it; raises Invalid for what no event can carry."""
    try:
        found = cleaning.identifier(value, "person")
    except Refused as refusal:
        raise Invalid(refusal.reason, fields=[FieldError("person", refusal.reason)]) from refusal
    if not found:
        message = "Say whom: a user id, an anonymous id or an alias."
        raise Invalid(message, fields=[FieldError("person", message)])
    return found


def request(*, project: Project, actor: Actor, person: str, idempotency_key: str = "") -> tuple[Erasure, bool]:
    """The erasure of whoever this id belongs to, and whether it is new.

    The same key with the same id finds the first one, for ever. Without a key each request is one of its own, with
    its own moment: what came in since the last one goes, too.

    Raises Invalid, IdempotencyMismatch for the same key with another id, and Unavailable where the project's
    events are being written for too long.
    """
    wanted = identifier(person)
    idempotency.checked(idempotency_key)
    try:
        return _request(project, actor, wanted, idempotency_key)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            message = "The project's events are being written. Try again in a moment."
            raise Unavailable(message, retry_after=10) from error
        raise


@transaction.atomic
def _request(project: Project, actor: Actor, wanted: str, key: str) -> tuple[Erasure, bool]:
    manifest = _locked(project)
    # An id may well be part of a key, and keys outlive ids.
    kept = hash_of(project.pk, f"key {key}") if key else ""
    if kept and (earlier := Erasure.objects.of(project).filter(idempotency_key=kept).first()):
        if earlier.person_hash != hash_of(project.pk, wanted):
            raise IdempotencyMismatch("This Idempotency-Key was used to erase somebody else.")
        return earlier, False
    ids = people.ids_of(project.pk, wanted)
    erasure = Erasure(
        project=project,
        requested_by=actor.user,
        requested_with=actor.secret_key,
        requested_at=timezone.now(),
        idempotency_key=kept,
        asked_for=wanted,
        person=ids[0],
    )
    learn(erasure, ids)
    erasure.save(force_insert=True)
    # Whom, only somebody who has the id at hand can tell: an entry cannot be erased.
    trail.note(
        action=Action.ERASURE_REQUESTED,
        actor=actor,
        project=project,
        target=Target(str(erasure.pk), "a person"),
        after={"person": erasure.person_hash, "ids": len(erasure.ids)},
    )
    query_runs.forget_all(project=project)
    manifest.version += 1
    manifest.save(update_fields=["version"])
    transaction.on_commit(functools.partial(live.forget, project_id=project.pk))
    return erasure, True


def learn(erasure: Erasure, ids: list[str]) -> None:
    """Take these ids for the person's, too, and forget what the database says of them. Saves no erasure itself."""
    erasure.ids = [*erasure.ids, *(item for item in ids if item not in set(erasure.ids))]
    named = [erasure.asked_for, *(item for item in erasure.ids if item != erasure.asked_for)]
    erasure.hashes = [hash_of(erasure.project_id, item) for item in named]
    links = PersonLink.objects.filter(project_id=erasure.project_id)
    erasure.links += links.filter(alias__in=ids).delete()[0] + links.filter(person__in=ids).delete()[0]
    traits = PersonTraits.objects.filter(project_id=erasure.project_id, person__in=ids)
    erasure.traits += traits.delete()[0]
    cohort_members.forget(project_id=erasure.project_id, ids=erasure.ids)


def note_rewritten(erasures: Sequence[Erasure]) -> None:
    """Readings need not leave these people out any more. The caller holds the manifest, and knows that."""
    now = timezone.now()
    for erasure in erasures:
        # Not where sealing learnt of more ids meanwhile.
        Erasure.objects.filter(pk=erasure.pk, ids=erasure.ids).update(rewritten_at=now)


def renew(erasures: Sequence[Erasure]) -> None:
    """Keep the lease of erasures on which this process works. Call this before each file."""
    held = Erasure.objects.unfinished().filter(pk__in=[erasure.pk for erasure in erasures])
    held.update(leased_until=timezone.now() + LEASE)


def _locked(project: Project) -> Manifest:
    """The project's manifest: no event is sealed while it is held, so that ids and links are of one moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
    return Manifest.objects.select_for_update().get(project=project)
