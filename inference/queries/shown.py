"""A job as the API shows it. Its fields are described in `inference.api.serializers`."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from inference.models import Job, PromptVersion
from inference.queries import announcements


def finished(ids: Collection[UUID]) -> dict[UUID, bytes]:
    """By id, as JSON, those of these jobs that have ended, whole."""
    # Most have no stored prompt, and then nothing is asked for it.
    ended = Job.objects.prefetch_related("prompt_version__template").finished().filter(pk__in=ids)
    return {job.pk: as_json(job) for job in ended.order_by()}


def organizations(ids: Collection[UUID]) -> dict[UUID, int]:
    """By id, whose these jobs are."""
    return dict(Job.objects.filter(pk__in=ids).order_by().values_list("pk", "organization"))


def as_json(job: Job) -> bytes:
    """A whole job."""
    return msgspec.json.encode(whole(job))


def whole(job: Job) -> dict[str, Any]:
    """Everything of it; where its content is not kept any more, its texts are None."""
    given = None if job.content_removed_at else job.input
    return {**summary(job), "input": given, **announcements.answer(job)}


def summary(job: Job) -> dict[str, Any]:
    """Without its texts."""
    return {
        **announcements.facts(job),
        "prompt": prompt(job.prompt_version),
        "answered_from": str(job.answered_from_id) if job.answered_from_id else None,
    }


def prompt(version: PromptVersion | None) -> dict[str, Any] | None:
    """Which prompt was run, and which version of it."""
    return {"slug": version.template.slug, "version": version.number} if version else None
