"""How jobs end: those of one moment in one transaction, since it costs more than all that is written in it."""

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from inference import rows
from inference.models import Job
from inference.services import charges, ends, observation, outcomes, spending
from inference.services.charges import Cost
from inference.services.outcomes import Outcome

End = tuple[Job, Outcome]

_FINISH = """
UPDATE inference_job AS job
SET status = given.status, provider = given.provider, model = given.model, credential_id = given.credential_id,
    output = given.output, result = given.result, finish_reason = given.finish_reason,
    error_code = given.error_code, error_message = given.error_message,
    tokens_input = given.tokens_input, tokens_output = given.tokens_output,
    tokens_cached = given.tokens_cached, tokens_reasoning = given.tokens_reasoning,
    cost = given.cost, currency = given.currency, first_token_at = given.first_token_at,
    finished_at = statement_timestamp(), lease_expires_at = NULL
FROM jsonb_to_recordset(%s::jsonb) AS given (
    id uuid, fence int, status text, provider text, model text, credential_id bigint, output text, result jsonb,
    finish_reason text, error_code text, error_message text, tokens_input int, tokens_output int,
    tokens_cached int, tokens_reasoning int, cost bigint, currency text, first_token_at timestamptz
)
WHERE job.id = given.id AND job.fence = given.fence AND job.status = 'running'
RETURNING job.id, job.finished_at, job.cancel_requested_at,
    EXISTS (
        SELECT FROM inference_policy AS policy
        WHERE policy.organization_id = job.organization_id AND policy.project_id IS NULL
            AND policy.observe_in_id IS NOT NULL
    ),
    EXISTS (
        SELECT FROM inference_webhookendpoint AS endpoint
        WHERE endpoint.organization_id = job.organization_id AND endpoint.disabled_at IS NULL
    )
"""


class _Written(NamedTuple):
    """What the statement says of a job: when it ended, and who is told of that, which for most is nobody."""

    id: UUID
    finished_at: datetime
    cancel_requested_at: datetime | None
    is_observed: bool
    is_listened_for: bool


def finish(*, job: Job, outcome: Outcome) -> bool:
    """Write the end and what it used; False where the lease was lost, and then nothing is written."""
    return bool(finish_all([(job, outcome)]))


@transaction.atomic
def finish_all(given: Sequence[End]) -> list[Job]:
    """`finish` for each of these: all that can be are written, or none is; those that were, as they are now."""
    known = charges.known_of_calls(call for _, outcome in given for call in outcome.calls)
    charged = {job.pk: charges.charges_of(outcome.calls, known) for job, outcome in given}
    changed = {job.pk: _changed(job, outcome, charges.total(charged[job.pk])) for job, outcome in given}
    ended = [{"id": job.pk, "fence": job.fence, **changed[job.pk]} for job, _ in given]
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [rows.as_json(ended)])
        written = {row.id: row for row in map(_Written._make, cursor.fetchall())}
    made = [(job, outcome.calls) for job, outcome in given if job.pk in written]
    if made:
        outcomes.note(made)
        spending.settle([(job, charged[job.pk]) for job, _ in made])
        observation.observe([(job, calls) for job, calls in made if written[job.pk].is_observed])
        listening = {job.organization_id for job, _ in made if written[job.pk].is_listened_for}
        ends.announce([job for job, _ in made], listening=listening)
    return [_as_it_is(job, changed[job.pk], written[job.pk]) for job, _ in made]


def _as_it_is(job: Job, changed: dict[str, Any], written: _Written) -> Job:
    """A copy: what was given may be tried again, should the transaction not come through."""
    found = copy.copy(job)
    for name, value in changed.items():
        setattr(found, name, value)
    found.finished_at, found.cancel_requested_at = written.finished_at, written.cancel_requested_at
    return found


def _changed(job: Job, outcome: Outcome, cost: Cost | None) -> dict[str, Any]:
    """By the names of columns."""
    usage, by = outcome.usage, outcome.answered
    return {
        "status": outcome.status,
        "provider": by.provider if by else job.provider,
        "model": by.model if by else job.model,
        "credential_id": by.credential_id if by else job.credential_id,
        "output": outcome.output,
        "result": outcome.result,
        "finish_reason": outcome.finish_reason or "",
        "error_code": outcome.error_code,
        "error_message": outcome.error_message,
        "tokens_input": usage.tokens_input if usage else None,
        "tokens_output": usage.tokens_output if usage else None,
        "tokens_cached": usage.tokens_cached if usage else 0,
        "tokens_reasoning": usage.tokens_reasoning if usage else 0,
        "cost": cost.amount if cost else None,
        "currency": cost.currency if cost else "",
        "first_token_at": outcome.first_token_at,
    }
