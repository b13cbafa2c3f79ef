"""Which followed jobs have ended: the row's word, for clients whom the news in Redis did not reach."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from inference.entries import Entry, ending
from inference.models import Job

_ENDED = "SELECT id FROM inference_job WHERE id = ANY(%s::uuid[]) AND finished_at IS NOT NULL"
# Where there was an answer, its absence must not look like an empty one.
REMOVED = {"code": "content_removed", "message": "What was asked and answered is not kept any more."}


def ended(ids: Collection[UUID]) -> dict[UUID, list[Entry]]:
    """The whole stream of each of these jobs that has finished, made from its row."""
    # Asked every two seconds for all that are followed, of which hardly any has ended: Django would take longer to
    # write the question than the database to answer it, while streams wait.
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [list(ids)])
        found = [row[0] for row in cursor.fetchall()]
    return {job.pk: whole(job) for job in Job.objects.filter(pk__in=found)} if found else {}


def whole(job: Job) -> list[Entry]:
    """All the text as one entry, then the end."""
    return [Entry(job.fence, 0, "token", job.output), *last(job)]


def last(job: Job) -> list[Entry]:
    return ending(
        fence=job.fence,
        output=job.output,
        status=job.status,
        finish_reason=job.finish_reason,
        error=REMOVED if job.content_removed_at else job.error,
        usage=(job.tokens_input, job.tokens_output),
        result=job.result,
    )
