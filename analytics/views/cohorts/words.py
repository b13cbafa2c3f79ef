"""A cohort's conditions in words. No Django here."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.cohorts.definition import AllConditions, AnyCondition, Condition, Done, NoCondition
from analytics.fields import PERSON_TRAIT_PREFIX
from analytics.kinds import filters
from analytics.kinds.expressions import text_of
from analytics.kinds.filters import COHORT_OPERATORS, Filter
from analytics.templatetags.formats import day
from analytics.views.explore.cohorts import Names
from analytics.views.labels import OPERATORS, PERIODS, field_label


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a condition says, and the conditions inside of it."""

    text: str
    inner: "tuple[Sentence, ...]" = ()


def sentences(conditions: Sequence[Condition], names: Names) -> tuple[Sentence, ...]:
    return tuple(_sentence(item, names) for item in conditions)


def _sentence(item: Condition, names: Names) -> Sentence:
    if isinstance(item, Done):
        return Sentence(_did(item, names))
    if isinstance(item, Filter):
        return Sentence(_filter(item, names))
    if isinstance(item, NoCondition):
        return Sentence("Not:", (_sentence(item.negated, names),))
    if isinstance(item, AllConditions):
        return Sentence("All of:", sentences(item.all, names))
    return Sentence("Any of:", sentences(item.any, names)) if isinstance(item, AnyCondition) else Sentence("")


def _filter(item: Filter, names: Names) -> str:
    if item.operator in COHORT_OPERATORS:
        called = [f"“{names.get(int(value), '?')}”" for value in item.values]
        return f"{OPERATORS[item.operator].capitalize()} {' or '.join(called)}"
    field = item.field.removeprefix(PERSON_TRAIT_PREFIX)
    joint = " and " if item.operator == "between" else " or "
    values = joint.join(text_of(value) for value in item.values)
    return f"{field_label(field) if field == item.field else field} {OPERATORS[item.operator]} {values}".strip()


def _did(item: Done, names: Names) -> str:
    event = f"“{item.done}”" if item.done else "any event"
    least, most = item.counts
    if most == 0:
        often = f"Never did {event}"
    elif most is None:
        often = f"Did {event}" if least == 1 else f"Did {event} at least {least:,} times"
    else:
        often = (
            f"Did {event} {'exactly' if least == most else 'at most'} {most:,} {'time' if most == 1 else 'times'}"
        )
    where = (
        "; only events with " + ", ".join(_of_events(one, names) for one in item.filters) if item.filters else ""
    )
    return f"{often}, {_when(item)}{where}"


def _of_events(item: filters.Condition, names: Names) -> str:
    if isinstance(item, Filter):
        return _filter(item, names)
    if isinstance(item, filters.Not):
        return f"not ({_of_events(item.negated, names)})"
    joint = " or " if isinstance(item, filters.AnyOf) else " and "
    return f"({joint.join(_of_events(one, names) for one in filters.parts(item))})"


def _when(item: Done) -> str:
    period = item.period
    if period.last is not None:
        words = PERIODS[period.last].lower()
        return words if words in {"today", "yesterday"} or words.startswith("this") else f"in the {words}"
    return " ".join(f"{word} {day(end)}" for word, end in (("from", period.from_), ("to", period.to)) if end)
