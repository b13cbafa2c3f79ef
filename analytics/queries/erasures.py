"""Who is to be left out, and how erasures stand."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings
from django.db.models import QuerySet

from analytics.models import Erasure, Project
from analytics.store.base import micros


def to_leave_out(project_id: int) -> dict[str, int]:
    """The ids (→ moment in µs) whose rows received up to then may still be in live segments."""
    waiting = Erasure.objects.unfinished().filter(project_id=project_id, rewritten_at=None)
    return ids_until(waiting.order_by("requested_at"))


def ids_until(erasures: Iterable[Erasure]) -> dict[str, int]:
    """The ids of erasures, which come in the order of their requests: each up to the last that names it."""
    return {identifier: micros(erasure.requested_at) for erasure in erasures for identifier in erasure.ids}


def of(project: Project, person: str = "") -> "QuerySet[Erasure]":
    """The project's erasures, newest first; of a person, those that named this id, also when they are done."""
    found = Erasure.objects.of(project).select_related("requested_by", "requested_with")
    return found.filter(hashes__contains=[hash_of(project.pk, person)]) if person else found


def hash_of(project_id: int, identifier: str) -> str:
    """What a receipt keeps of an id: with the id one can tell that it is meant, without it nobody can.

    Keyed with this installation's secret key, so that guessing ids takes the key as well.
    """
    content = f"{project_id}\n{identifier}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), b"erased person\n" + content, hashlib.sha256).hexdigest()
