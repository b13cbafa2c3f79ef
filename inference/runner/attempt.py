"""One attempt of a job, from its input to how it ended."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from inference.choices import FinishReason, Status
from inference.circuits import Circuits
from inference.configuration import Limits
from inference.kinds import kind_of
from inference.kinds.base import Done, TaskFailed
from inference.models import Job
from inference.offload import in_database
from inference.providers.base import ProviderError, Resting
from inference.providers.pool import Pool
from inference.routes import Plan
from inference.runner import tracing
from inference.runner.asking import Asker
from inference.runner.voice import Voice
from inference.services import leases
from inference.services.outcomes import Outcome
from inference.services.redactions import redactor_of


async def attempt(
    job: Job,
    plan: Plan | ProviderError,
    voice: Voice,
    *,
    pool: Pool,
    circuits: Circuits,
    limits: Limits,
    is_cancelled: Callable[[], bool],
) -> Outcome | None:
    """How it ended; None where it is to be tried again, which is written then.

    Raises CancelledError where it was not the job whose end was asked for.
    """
    kind = kind_of(job.task)
    given = kind.input.model_validate(job.input)
    if isinstance(plan, ProviderError):
        return Outcome(Status.FAILED, error_code=plan.code, error_message=plan.message)
    asker = Asker(
        given=given,
        plan=plan,
        voice=voice,
        pool=pool,
        circuits=circuits,
        limits=limits,
        until=_end(job, limits),
        redactor=redactor_of(job),
    )
    try:
        done = await kind.run(given, asker)
    except ProviderError as error:
        if await _put_back(job, voice, asker, error):
            return None
        return _outcome(Status.FAILED, voice, asker, error=(error.code, error.message))
    except TaskFailed as error:
        return _outcome(Status.FAILED, voice, asker, error=(error.code, error.message))
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not is_cancelled():
            raise
        task.uncancel()
        return _outcome(Status.CANCELLED, voice, asker)
    finally:
        tracing.report(job, asker.records)
    return _succeeded(done, voice, asker)


def _end(job: Job, limits: Limits) -> datetime:
    """Of the whole job, counted from its first start."""
    return (job.started_at or timezone.now()) + timedelta(seconds=job.deadline_seconds or limits.job)


async def _put_back(job: Job, voice: Voice, asker: Asker, error: ProviderError) -> bool:
    """Whether it is in the queue again, for when it may go better."""
    # Text that has been sent cannot be unsaid: from then on a failure is the end.
    if voice.length or not error.retryable:
        return False
    if isinstance(error, Resting):
        pause = leases.spread(error.retry_after or 0.0)
        return asker.fits(pause) and await in_database(
            leases.postpone, job=job, calls=asker.records, seconds=pause
        )
    pause = leases.pause(job.attempts, error.retry_after)
    if job.attempts >= leases.MOST_ATTEMPTS or not asker.fits(pause):
        return False
    await in_database(leases.retry, job=job, calls=asker.records, retry_after=pause)
    return True


def _succeeded(done: Done, voice: Voice, asker: Asker) -> Outcome:
    # What a task did not say aloud as it came is said now, so that the stream holds what the row does.
    if not voice.length:
        voice.say(done.text)
    if voice.text != done.text.replace("\x00", "\ufffd"):
        raise RuntimeError("The stream does not hold the answer.")
    return _outcome(Status.SUCCEEDED, voice, asker, done=done)


def _outcome(
    status: Status, voice: Voice, asker: Asker, *, done: Done | None = None, error: tuple[str, str] = ("", "")
) -> Outcome:
    """A failed or cancelled answer keeps its text, under that status."""
    reason: FinishReason | None = done.finish_reason if done else None
    return Outcome(
        status=status,
        output=voice.text,
        result=done.result if done else None,
        finish_reason=reason,
        error_code=error[0],
        error_message=error[1],
        first_token_at=voice.first_token_at,
        calls=tuple(asker.records),
    )
