"""The steps of paths as tables, asked of a reading. No Django here.

`labels` has what a step is called: `value` (and `is_view`) as the events have it, `label`, and `code`, the place
of the label in the order of texts. `steps` has the steps that are looked at: `session`, `who`, `step`, `code`, and
the step before within the path, `source` and `micros` ago; `source` is NULL for the first of a path.
"""

import ibis
import ibis.expr.types as ir

from analytics.contracts import VIEW_KINDS, Kind
from analytics.kinds.events import events_of, fields_of, keep, wanted_of
from analytics.kinds.paths.cleaning import cleaned
from analytics.kinds.paths.spec import PathsSpec, StepKind
from analytics.store.base import Reading, Wanted

VIEWS = [str(kind) for kind in VIEW_KINDS]
KINDS = {
    StepKind.PAGES: VIEWS,
    StepKind.EVENTS: [str(Kind.TRACK)],
    StepKind.BOTH: [*VIEWS, str(Kind.TRACK)],
}
COLUMNS = {StepKind.PAGES: {"path"}, StepKind.EVENTS: {"name"}, StepKind.BOTH: {"path", "name"}}


def wanted(spec: PathsSpec) -> Wanted:
    """What paths read."""
    return wanted_of({*fields_of([spec.filters]), "kind", *COLUMNS[spec.steps]}) | Wanted(sessions=True)


def tables(spec: PathsSpec, reading: Reading) -> tuple[ir.Table, ir.Table]:
    """`labels` and `steps`."""
    # All of the period's labels: finding those of its events that are kept would take longer.
    labels = reading.save("labels", _labels(_valued(reading.events, spec.steps), spec))
    events = _valued(keep(events_of(reading, wanted(spec)), spec.filters), spec.steps)
    numbered = _numbered(events.inner_join(labels, _keys(labels)), spec)
    return labels, reading.save("steps", _placed(reading, numbered, labels, spec))


def _valued(events: ir.Table, steps: StepKind) -> ir.Table:
    """The events with what each is called, before any rule."""
    events = events.filter(events.kind.isin(KINDS[steps]))
    columns = {name: events[name] for name in ("session", "who", "time") if name in events.columns}
    if steps is not StepKind.BOTH:
        return events.select(**columns, value=events.path if steps is StepKind.PAGES else events["name"])
    is_view = events.kind.isin(VIEWS)
    return events.select(**columns, value=is_view.ifelse(events.path, events["name"]), is_view=is_view)


def _keys(table: ir.Table) -> list[str]:
    return [name for name in ("value", "is_view") if name in table.columns]


def _labels(events: ir.Table, spec: PathsSpec) -> ir.Table:
    found = events.select(*_keys(events)).distinct()
    label = found["value"]
    if spec.steps is StepKind.PAGES:
        label = cleaned(label, spec.cleaning)
    elif spec.steps is StepKind.BOTH:
        label = found.is_view.ifelse(cleaned(label, spec.cleaning), label)
    found = found.mutate(label=label)
    found = found.filter(found.label.isin(spec.include)) if spec.include else found
    found = found.filter(found.label.notin(spec.exclude)) if spec.exclude else found
    return found.mutate(code=ibis.dense_rank().over(order_by=found.label))


def _numbered(events: ir.Table, spec: PathsSpec) -> ir.Table:
    """The steps of each session with their numbers from 1, each with the step before."""
    events = events.select("session", "who", "time", "code")
    window = ibis.window(group_by=events.session, order_by=[events.time, events.code])
    if not spec.keep_repeats:
        events = events.mutate(place=ibis.row_number().over(window), before=events.code.lag().over(window))
        events = events.filter((events.place == 0) | (events.before != events.code))
        window = ibis.window(group_by=events.session, order_by=[events.time, events.code])
    return events.mutate(
        number=ibis.row_number().over(window) + 1,
        source=events.code.lag().over(window),
        before=events.time.lag().over(window),
    )


def _placed(reading: Reading, steps: ir.Table, labels: ir.Table, spec: PathsSpec) -> ir.Table:
    """The steps that are looked at."""
    anchor = spec.start or spec.end
    place = steps.number
    if anchor:
        ((code,),) = reading.rows(labels.filter(labels.label == anchor).agg(code=labels.code.max()))
        steps = reading.save("numbered", steps)
        is_anchor = steps.code == (-1 if code is None else code)
        found = steps.filter(is_anchor).group_by("session").agg(anchor=lambda own: own.number.min())
        steps = steps.inner_join(found, "session")
        place = steps.number - steps.anchor + (1 if spec.start else spec.depth)
    steps = steps.mutate(step=place)
    steps = steps.filter((steps.step >= 1) & (steps.step <= spec.depth))
    begins = (steps.step == 1) | (steps.number == 1)
    return steps.select(
        "session",
        "who",
        "step",
        "code",
        source=begins.ifelse(ibis.null("int64"), steps.source),
        micros=begins.ifelse(ibis.null("int64"), steps.time.delta(steps.before, unit="microsecond")),
    )
