"""Create batches, all of one or nothing, and ask for their end."""

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pydantic import BaseModel

from accounts import idempotency
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.billing.features import Feature
from accounts.billing.limits import require_feature
from accounts.errors import FieldError, Invalid
from accounts.models import Organization
from accounts.queries.plans import limits_of
from accounts.services import audit
from inference.batching import BatchAsked, PromptedBatch
from inference.choices import Priority
from inference.models import Batch, Job
from inference.queries.rules import rules_of
from inference.services import batch_ends, jobs, prompts, redactions, spending
from inference.services.routing import Route
from inference.services.waking import wake_on_commit

# Of one insert.
_ROWS = 1_000
_COPY = """
INSERT INTO inference_job ({columns})
SELECT {values}
FROM inference_job AS first,
    unnest(%s::uuid[], %s::int[], %s::jsonb[], %s::text[]) AS other (id, place, input, redactions)
WHERE first.id = %s
"""


def create(
    *, organization: Organization, actor: Actor, asked: BatchAsked | PromptedBatch, idempotency_key: str = ""
) -> tuple[Batch, bool]:
    """The batch, and whether it is new: the same key with the same request within 24 h finds the first one.

    What it may cost is held at once. Raises what `jobs.create` raises; then nothing is there of it.
    """
    require_feature(limits_of(organization.pk), Feature.INFERENCE)
    idempotency.checked(idempotency_key)
    body_hash = _hash(asked)
    if idempotency_key and (earlier := _earlier(organization, idempotency_key, body_hash)):
        return earlier, False
    if asked.first.cache is not None:
        message = "Batches ask for every answer anew."
        raise Invalid(message, fields=[FieldError("cache", message)])
    written, version = prompts.written_batch(organization=organization, asked=asked)
    first, route = jobs.drafted(organization=organization, actor=actor, request=written.first)
    first.prompt_version = version
    # The options have a priority of their own for single jobs; a batch waits for those unless it says otherwise.
    priority = first.priority if "priority" in asked.request.model_fields_set else Priority.LOW
    jobs.require_room(organization, priority=priority, count=len(asked.inputs))
    batch = Batch(
        organization=organization,
        project_id=first.project_id,
        created_by=actor.user,
        created_with=actor.secret_key,
        name=asked.request.name,
        task=first.task,
        priority=priority,
        total=len(asked.inputs),
        idempotency_key=idempotency_key,
        idempotency_hash=body_hash,
    )
    try:
        _write(batch, first, route, written, actor)
    except IntegrityError:
        # The same key came twice at the same time, and the other was first.
        if idempotency_key and (earlier := _earlier(organization, idempotency_key, body_hash)):
            return earlier, False
        raise
    return batch, True


@transaction.atomic
def cancel(*, batch: Batch, actor: Actor) -> Batch:
    """End all of its jobs that wait at once, have the running ones asked to stop; what has ended stays."""
    found = Batch.objects.select_for_update().get(pk=batch.pk)
    if found.finished_at is not None or found.cancel_requested_at is not None:
        return found
    found.cancel_requested_at = timezone.now()
    found.save(update_fields=["cancel_requested_at"])
    batch_ends.end_waiting(batch=found)
    audit.record(
        action=Action.BATCH_CANCELLED,
        actor=actor,
        organization_id=found.organization_id,
        target=Target(str(found.pk), str(found)),
    )
    return found


@transaction.atomic
def _write(batch: Batch, first: Job, route: Route, asked: BatchAsked, actor: Actor) -> None:
    batch.save(force_insert=True)
    first.batch, first.batch_index, first.priority = batch, 0, batch.priority
    first.save(force_insert=True)
    ids = [first.pk, *(uuid4() for _ in asked.inputs[1:])]
    _copy(first, ids, asked.inputs)
    held = spending.reserve_all(
        first=first, targets=route.targets, ids=ids, inputs=asked.inputs, key=f"batch:{batch.pk}"
    )
    if held is not None:
        batch.most_cost, batch.currency = held.amount, held.currency
        batch.save(update_fields=["most_cost", "currency"])
    audit.record(
        action=Action.BATCH_CREATED,
        actor=actor,
        organization_id=batch.organization_id,
        target=Target(str(batch.pk), str(batch)),
        after={"task": batch.task, "total": batch.total, "model": first.model},
    )
    wake_on_commit()


def _copy(first: Job, ids: Sequence[UUID], inputs: Sequence[BaseModel]) -> None:
    """The other jobs, as the first is but for what is their own: their rows are made where the first one lies."""
    own = {
        "id": "other.id",
        "batch_index": "other.place",
        "input": "other.input",
        "redactions": "other.redactions",
        # In the order of the inputs, in which they are then run.
        "created_at": "first.created_at + other.place * interval '1 microsecond'",
    }
    columns = [str(field.column) for field in Job._meta.concrete_fields]
    values = [own.get(column, f"first.{column}") for column in columns]
    statement = _COPY.format(columns=", ".join(columns), values=", ".join(values))
    with connection.cursor() as cursor:
        rules = rules_of(organization_id=first.organization_id, project_id=first.project_id)
        for start in range(1, len(ids), _ROWS):
            slice_ = inputs[start : start + _ROWS]
            written = [json.dumps(given.model_dump(mode="json")) for given in slice_]
            places = list(range(start, start + len(written)))
            hidden = redactions.for_inputs(rules, slice_)
            cursor.execute(statement, [list(ids[start : start + _ROWS]), places, written, hidden, first.pk])


def _earlier(organization: Organization, key: str, body_hash: str) -> Batch | None:
    found = Batch.objects.of(organization).filter(idempotency_key=key).first()
    if found is None:
        return None
    if found.created_at < timezone.now() - idempotency.KEPT_FOR:
        Batch.objects.filter(pk=found.pk).update(idempotency_key="")
        return None
    if found.idempotency_hash != body_hash:
        raise idempotency.mismatch()
    return found


def _hash(asked: BatchAsked | PromptedBatch) -> str:
    # The version before knew no prompts, and what was asked under it may be asked again under this one.
    left_out = None if asked.request.prompt else {"prompt"}
    body = json.dumps(asked.request.model_dump(mode="json", exclude=left_out), sort_keys=True)
    return hashlib.sha256(body.encode(errors="replace")).hexdigest()
