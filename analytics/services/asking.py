"""A question whose asker waits so long and no longer: its answer, or a run that is fetched later."""

import time

from accounts.access import Actor
from analytics.kinds.base import Spec
from analytics.models import Project, QueryRun
from analytics.queries.answers import Answer
from analytics.queries.run import ask, kept, result_of, run_query, start, with_elapsed
from analytics.queries.sensitive import hidden_from
from analytics.services import query_runs
from analytics.store.base import SnapshotGone


def answer_or_run(*, project: Project, actor: Actor, spec: Spec, seconds: float) -> Answer | QueryRun:
    """The answer, if it is there after so many seconds; else the run that goes on computing it.

    Raises what `run_query` and `query_runs.keep` raise.
    """
    begun = time.perf_counter()
    question = ask(project=project, spec=spec, hidden=hidden_from(actor, project))
    answer = kept(question)
    if answer is None:
        started = start(question)
        if not started.ticket.wait(seconds):
            return query_runs.refreshed(run=query_runs.keep(started=started, actor=actor))
        try:
            answer = result_of(started)
        except SnapshotGone:
            answer = run_query(project=project, spec=spec, actor=actor)
    return with_elapsed(answer, begun)
