"""How models fare: an organization's own calls of them, and whether they are left alone at the moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from inference import configuration
from inference.circuits import Circuit, key_of
from inference.models import Job
from inference.queries import routes
from inference.routes import Target, Way

SPANS = {"15 min": timedelta(minutes=15), "24 h": timedelta(hours=24)}
# A job may have been created so long before a call of today.
_LONGEST_WAIT = timedelta(days=2)

# Of `call`: what `Fared.of` is made of.
FARED = """count(*),
    count(*) FILTER (WHERE call.error_code NOT IN ('', 'cancelled')),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
        ORDER BY extract(epoch FROM call.first_token_at - call.started_at)
    ) FILTER (WHERE call.first_token_at IS NOT NULL),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
        ORDER BY extract(epoch FROM call.finished_at - call.started_at)
    ) FILTER (WHERE call.error_code = '')"""
# An organization's jobs are found by their index of creation, their calls by the jobs: so nobody else's are read.
_CALLS = """
SELECT call.provider, call.model, span.name, {fared}
FROM inference_job AS job
JOIN inference_call AS call ON call.job_id = job.id
JOIN unnest(%(names)s::text[], %(since)s::timestamptz[]) AS span (name, since) ON call.finished_at >= span.since
WHERE job.organization_id = %(organization)s AND job.created_at >= %(oldest)s
GROUP BY call.provider, call.model, span.name
"""


@dataclass(frozen=True, slots=True)
class Fared:
    """The calls of a model in a span of time; seconds at the middle and for 95 of 100, None without any."""

    calls: int = 0
    failures: int = 0
    first_token_p50: float | None = None
    first_token_p95: float | None = None
    took_p50: float | None = None
    took_p95: float | None = None

    @classmethod
    def of(cls, calls: int, failures: int, first: list[float] | None, took: list[float] | None) -> Self:
        """Of the columns of `FARED`."""
        return cls(calls, failures, *(first or (None, None)), *(took or (None, None)))


@dataclass(frozen=True, slots=True)
class Rest:
    """Left alone since it failed with this code, until then."""

    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Health:
    """By span; `rest` is None where it is asked as usual."""

    spans: Mapping[str, Fared] = field(default_factory=dict)
    rest: Rest | None = None


def calls_of(organization_id: int, *, now: datetime | None = None) -> dict[tuple[str, str], dict[str, Fared]]:
    """By provider and model, then by span."""
    moment = now or timezone.now()
    parameters: dict[str, Any] = {
        "names": list(SPANS),
        "since": [moment - span for span in SPANS.values()],
        "organization": organization_id,
        "oldest": moment - max(SPANS.values()) - _LONGEST_WAIT,
    }
    found: dict[tuple[str, str], dict[str, Fared]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CALLS.format(fared=FARED), parameters)
        for provider, model, span, calls, failures, first, took in cursor.fetchall():
            fared = Fared.of(calls, failures, first, took)
            found.setdefault((provider, model), {})[span] = fared
    return found


def resting(names: Collection[str]) -> dict[str, Rest]:
    """Those of these ways that are left alone now; none where Redis is away."""
    if not names:
        return {}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            pipeline = client.pipeline(transaction=False)
            for name in names:
                pipeline.hgetall(key_of(name))
            circuits = [Circuit.read(found) for found in pipeline.execute()]
    except redis.RedisError:
        return {}
    now = timezone.now()
    return {
        name: Rest(now + timedelta(seconds=circuit.rest), circuit.code)
        for name, circuit in zip(names, circuits, strict=True)
        if circuit.rest
    }


def ways_of(target: Target) -> list[str]:
    """The names of its ways; no key is read for that."""
    if not target.is_charged:
        return [Way(target).name]
    keys = configuration.endpoint(target.provider).keys
    return [Way(target, number=number).name for number, _ in enumerate(keys)]


def rest_of(names: Sequence[str], found: Mapping[str, Rest]) -> Rest | None:
    """Until the first of these ways is asked again; None where one of them is asked now."""
    rests = [found[name] for name in names if name in found]
    return min(rests, key=lambda rest: rest.until) if rests and len(rests) == len(names) else None


def rest_of_job(job: Job) -> Rest | None:
    """Until somebody who could do this job is asked again."""
    names = [name for target in routes.targets_of_job(job) for name in ways_of(target)]
    return rest_of(names, resting(names))
