"""The numbers of paths, counted of their steps. No Django here."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from analytics.kinds.paths.spec import PathsSpec
from analytics.kinds.paths.steps import tables
from analytics.store.base import Reading

# A step's number and its label; None are all labels of the step that are not shown.
Place = tuple[int, str | None]
_STEP = ["step", "source", "code"]


@dataclass(frozen=True, slots=True)
class Counted:
    """Sessions, their people, and between two steps microseconds in all."""

    sessions: int
    people: int
    micros: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """Stages by step, nodes by place, links by the places of both ends."""

    stages: dict[int, Counted]
    nodes: dict[Place, Counted]
    links: dict[tuple[Place, Place], Counted]
    transitions: int


def measure(spec: PathsSpec, reading: Reading) -> Measured:
    labels, steps = tables(spec, reading)
    between = steps.filter(steps.source.notnull())
    kinds = reading.save("transitions", between.group_by(_STEP).agg(sessions=ibis._.count()))
    top = reading.save("top", kinds.order_by(ibis.desc("sessions"), *_STEP).limit(spec.limit))
    shown = reading.save("shown", _shown(spec, steps, top))
    names = dict(reading.rows(labels.semi_join(shown, "code").select("code", "label").distinct()))
    ((transitions,),) = reading.rows(kinds.agg(count=kinds.count()))
    counts = {"sessions": ibis._.count(), "people": ibis._.who.nunique()}
    stages = reading.rows(steps.group_by("step").agg(**counts))
    nodes = reading.rows(_marked(steps, shown).group_by("step", "node").agg(**counts))
    links = reading.rows(
        _linked(between, shown).group_by("step", "from_code", "to_code").agg(**counts, micros=ibis._.micros.sum())
    )
    return Measured(
        {step: Counted(*counted) for step, *counted in stages},
        {(step, names.get(code)): Counted(*counted) for step, code, *counted in nodes},
        {
            ((step - 1, names.get(source)), (step, names.get(target))): Counted(*counted)
            for step, source, target, *counted in links
        },
        transitions,
    )


def _shown(spec: PathsSpec, steps: ir.Table, top: ir.Table) -> ir.Table:
    """The nodes that stand for themselves: both ends of the top transitions, and the start or end."""
    found = [top.select("step", "code"), top.select(step=top.step - 1, code=top.source)]
    if spec.start or spec.end:
        found.append(steps.filter(steps.step == (1 if spec.start else spec.depth)).select("step", "code"))
    return ibis.union(*found).distinct()


def _marked(steps: ir.Table, shown: ir.Table) -> ir.Table:
    """The steps with the code that they are shown as, `node`; NULL for the rest."""
    own = shown.select(at="step", node="code")
    return steps.left_join(own, [steps.step == own.at, steps.code == own.node])


def _linked(between: ir.Table, shown: ir.Table) -> ir.Table:
    """The transitions with what their ends are shown as."""
    source = shown.select(from_step=shown.step + 1, from_code="code")
    target = shown.select(to_step="step", to_code="code")
    found = between.left_join(source, [between.step == source.from_step, between.source == source.from_code])
    return found.left_join(target, [found.step == target.to_step, found.code == target.to_code])
