"""Every kind of query against the oracle, through the real path: accept, seal, sometimes compact, query.

The suite asks a few of each kind on each engine, CI also `make oracle N=300` with one seed, and
`make oracle N=20000` as many as are wanted, `KINDS=funnel,cohorts` only of these, `SEED=7` the same again;
`ORACLE_SHRINK=1` looks for a small failing example (in minutes).
Each example is one set of events and several questions of each kind. A kind's module in `tests/oracle` has
`specs(day)`, a strategy of specs as JSON, and `check(asked, facts)`, which compares the product's answer with a
plain count. Each example has two cohorts, which questions filter and break down by, and which are themselves
compared with who should be in them.
"""

import importlib
import os
from collections import Counter
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics.kinds import KINDS, parse_spec
from analytics.models import Cohort
from tests import factories
from tests.analytics.events import store
from tests.oracle import cohorts, samples
from tests.oracle.asked import Asked
from tests.oracle.facts import Fact, asked_by, stored

CASES = int(os.environ.get("ORACLE_CASES", "22"))
COHORTS = "cohorts"
NAMED = [name for name in os.environ.get("ORACLE_KINDS", "").split(",") if name] or [*KINDS, COHORTS]
CHOSEN = [name for name in NAMED if name != COHORTS]
SHRINK = "ORACLE_SHRINK" in os.environ
SEED = os.environ.get("ORACLE_SEED", "")
# The examples are parted, so that processes share the work, and so are the kinds: what one example may draw is
# bounded by Hypothesis, which throws away what is longer.
PARTS = 2 if CASES < 100 else 4
QUESTIONS = 11
BUNCH = 5
BUNCHES = [CHOSEN[start : start + BUNCH] for start in range(0, len(CHOSEN), BUNCH)]
CASES_OF_PART = -(-CASES // PARTS)
LOOKING = settings(
    max_examples=-(-CASES_OF_PART // QUESTIONS),
    deadline=None,
    database=None,
    phases=[Phase.generate, *([Phase.shrink] if SHRINK else [])],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ORACLES = {name: importlib.import_module(f"tests.oracle.{name}") for name in CHOSEN}
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600)]


def seeded(*names: object) -> Any:
    """With a seed, the same questions each time, and others in each part; a decorator."""
    return hypothesis.seed("-".join(map(str, (SEED, *names)))) if SEED else lambda test: test


def a_project_with(draw: Any, engine: Any) -> tuple[Any, list[Fact], Any]:
    """A project in some zone whose events arrived in up to three requests."""
    zone, day, events = draw(samples.scenes())
    project = factories.ProjectFactory.create(time_zone=zone, first_weekday=draw(st.sampled_from([0, 5, 6])))
    cuts = sorted(draw(st.lists(st.integers(0, len(events)), max_size=2)))
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        store(project, events[start:end])
        if draw(st.booleans()):
            engine.tidy(project)
    return project, stored(events), day


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("bunch", BUNCHES, ids="-".join)
def test_answers_are_what_plain_counting_gives(engine, bunch, part):
    asked: Counter[str] = Counter()

    @seeded(part, *bunch)
    @LOOKING
    @given(data=st.data())
    def ask(data):
        project, facts, day = a_project_with(data.draw, engine)
        ids = cohorts.make(data.draw, project, facts, day)
        for kind in bunch:
            for _ in range(QUESTIONS):
                now = data.draw(samples.moments(project.time_zone, day))
                by = data.draw(st.sampled_from(["person", "person", "group"]))
                spec = parse_spec({**cohorts.placed(data.draw(ORACLES[kind].specs(day)), ids), "by": by})
                ORACLES[kind].check(Asked(project, spec, now), asked_by(facts, by))
                asked[kind] += 1

    ask()
    assert all(asked[kind] >= CASES_OF_PART for kind in bunch), f"part {part} asked {asked}"


@pytest.mark.skipif(COHORTS not in NAMED, reason="Only others were asked for.")
@pytest.mark.parametrize("part", range(PARTS))
def test_cohorts_have_the_members_that_plain_looking_finds(engine, part):
    made = 0

    @seeded(part, COHORTS)
    @LOOKING
    @given(data=st.data())
    def look(data):
        nonlocal made
        project, facts, day = a_project_with(data.draw, engine)
        for _ in range(QUESTIONS):
            Cohort.objects.filter(project=project).delete()
            made += len(cohorts.make(data.draw, project, facts, day))

    look()
    assert made >= CASES_OF_PART, f"part {part} made {made}"
