"""One question to several models at once, each as a job of its own."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.access import Actor
from accounts.models import Organization
from inference.inputs import parse_any
from inference.models import Job
from inference.services import jobs


@transaction.atomic
def run(*, organization: Organization, actor: Actor, bodies: Sequence[dict[str, Any]], once: str) -> list[Job]:
    """All of them or none; the same bodies with the same `once` find the jobs of the first time.

    Raises what `parse_any` and `jobs.create` raise.
    """
    return [
        jobs.create(
            organization=organization, actor=actor, request=parse_any(body), idempotency_key=key_of(once, body)
        )[0]
        for body in bodies
    ]


def key_of(once: str, body: dict[str, Any]) -> str:
    """An idempotency key for this body: a form that was changed and sent again is another."""
    words = json.dumps([once, body], sort_keys=True)
    return f"playground-{hashlib.sha256(words.encode()).hexdigest()}"
