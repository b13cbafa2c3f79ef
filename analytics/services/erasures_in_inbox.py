"""Events of erased people that were accepted before the request and not sealed yet: they are never sealed."""

from collections.abc import Sequence

from analytics.contracts import Event
from analytics.models import Erasure, PersonLink
from analytics.people import Links, ids_of
from analytics.services.batches import Batch
from analytics.services.erasures import learn
from analytics.store.base import micros


def leave_out(*, project_id: int, batch: Batch) -> Batch:
    """The batch without events of people whose erasure was requested after they were received.

    The caller holds the project's manifest. One query where nothing is to be erased.
    """
    for erasure in Erasure.objects.unfinished().filter(project_id=project_id).order_by("requested_at"):
        batch = _without(erasure, batch)
    return batch


def _without(erasure: Erasure, batch: Batch) -> Batch:
    until = micros(erasure.requested_at)
    early = [event for event in batch.events if event.received_at <= until]
    if not early:
        return batch
    if found := _ids_told_by(erasure, early):
        learn(erasure, found)
        # Segments may have rows of the ids that were not known before.
        erasure.rewritten_at = None
    ids = frozenset(erasure.ids)
    kept = [
        place
        for place, event in enumerate(batch.events)
        if event.received_at > until or ids.isdisjoint((event.anonymous_id, event.user_id, event.previous_id))
    ]
    erasure.waiting_events += len(batch.events) - len(kept)
    erasure.save(update_fields=["ids", "hashes", "links", "traits", "waiting_events", "rewritten_at"])
    return batch.only(kept)


def _ids_told_by(erasure: Erasure, early: Sequence[Event]) -> list[str]:
    """Ids that are the person's by an identify or alias among these events, which would have been a link."""
    if not any(event.kind in {"identify", "alias"} for event in early):
        return []
    named = ids_of(early)
    known = PersonLink.objects.filter(project_id=erasure.project_id, alias__in=named)
    own = dict.fromkeys((item for item in erasure.ids if item != erasure.person), erasure.person)
    links = Links({**dict(known.values_list("alias", "person")), **own})
    links.learn_all(early)
    person = links.person(erasure.person)
    theirs = {item for item in named if links.person(item) == person} | {person}
    of_theirs = PersonLink.objects.filter(project_id=erasure.project_id, person=person)
    theirs.update(of_theirs.values_list("alias", flat=True))
    return sorted(theirs - set(erasure.ids))
