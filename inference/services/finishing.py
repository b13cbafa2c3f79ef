"""How jobs end: those of one moment in one transaction, since it costs more than all that is written in it."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from inference.models import Job
from inference.queries import audiences
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
RETURNING job.id
"""


def finish(*, job: Job, outcome: Outcome) -> bool:
    """Write the end and what it used; False where the lease was lost, and then nothing is written."""
    return job.pk in finish_all([(job, outcome)])


@transaction.atomic
def finish_all(given: Sequence[End]) -> set[UUID]:
    """`finish` for each of these: all that can be are written, or none is; the ids of those that were."""
    known = charges.known_of_calls(call for _, outcome in given for call in outcome.calls)
    charged = {job.pk: charges.charges_of(outcome.calls, known) for job, outcome in given}
    rows = [_row(job, outcome, charges.total(charged[job.pk])) for job, outcome in given]
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [json.dumps(rows)])
        written = {row[0] for row in cursor.fetchall()}
    made = [(job, outcome.calls) for job, outcome in given if job.pk in written]
    if made:
        outcomes.note(made)
        spending.settle([(job, charged[job.pk]) for job, _ in made])
        told = audiences.of({job.organization_id for job, _ in made})
        observation.observe([(job, calls) for job, calls in made if job.organization_id in told.projects])
        ends.announce([job for job, _ in made], listening=told.webhooks)
    return written


def _row(job: Job, outcome: Outcome, cost: Cost | None) -> dict[str, Any]:
    usage, by, first = outcome.usage, outcome.answered, outcome.first_token_at
    return {
        "id": str(job.pk),
        "fence": job.fence,
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
        "first_token_at": first.isoformat() if first else None,
    }
