"""Cohorts by their names, where specs and answers have their ids. No Django here.

A form takes and shows a cohort's field, `cohort.12`, as `Cohort: Buyers`; who groups by it sees "In Buyers" and
"Not in Buyers".
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analytics.fields import COHORT_PREFIX, IN_COHORT, cohort_of
from analytics.kinds.base import Spec
from analytics.kinds.groups import words_of
from analytics.views.labels import COHORT_WORDS

# The cohorts of a project: their names by their ids.
Names = Mapping[int, str]


def field_words(field: str, names: Names) -> str:
    """What a form shows for a field."""
    name = names.get(cohort_of(field) or 0)
    return f"{COHORT_WORDS}{name}" if name else field


def value_words(value: str, name: str) -> str:
    """What a group by a cohort is called."""
    return f"In {name}" if value == IN_COHORT else f"Not in {name}"


def by_id(tree: Any, names: Names) -> Any:
    """A spec's JSON with fields as specs have them."""
    ids = {f"{COHORT_WORDS}{name}".lower(): f"{COHORT_PREFIX}{cohort}" for cohort, name in names.items()}
    return _mapped(tree, lambda text: ids.get(text.lower(), text))


def by_name(tree: Any, names: Names) -> Any:
    """A spec's JSON with fields as forms show them."""
    return _mapped(tree, lambda text: field_words(text, names))


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def named(spec: Spec, result: Any, names: Names) -> tuple[Spec, Any]:
    """A question and its answer with the names of cohorts in place of ids, to be shown and no more."""
    fields = getattr(spec, "breakdown", None) or ()
    fields = (fields,) if isinstance(fields, str) else tuple(fields)
    words = tuple(field_words(field, names) for field in fields)
    shown = spec
    if words != fields:
        shown = spec.model_copy(update={"breakdown": words if len(words) > 1 else _alike(spec, words[0])})
    parts = {
        name: tuple(_part(item, fields, names) for item in getattr(result, name))
        for name in ("lines", "rows", "groups", "dimensions")
        if isinstance(getattr(result, name, None), tuple)
    }
    return shown, dataclasses.replace(result, **parts)


def _alike(spec: Spec, word: str) -> Any:
    """One field as the spec has it: alone, or in a list."""
    return word if isinstance(getattr(spec, "breakdown", None), str) else (word,)


def _part(item: Any, fields: Sequence[str], names: Names) -> Any:
    """A line or a row of an answer, or one dimension of drivers."""
    if hasattr(item, "drivers"):
        name = names.get(cohort_of(item.field) or 0)
        drivers = [
            dataclasses.replace(one, value=value_words(one.value, name)) if name and not one.other else one
            for one in item.drivers
        ]
        return dataclasses.replace(item, field=field_words(item.field, names), drivers=tuple(drivers))
    if not fields or not getattr(item, "group", None):
        return item
    group = (item.group,) if isinstance(item.group, str) else item.group
    new = tuple(_group_words(field, value, names) for field, value in zip(fields, group, strict=True))
    changed: dict[str, Any] = {"group": new[0] if isinstance(item.group, str) else new}
    if hasattr(item, "label"):
        changed["label"] = item.label.replace(words_of(group), words_of(new))
    return dataclasses.replace(item, **changed)


def _group_words(field: str, value: str, names: Names) -> str:
    name = names.get(cohort_of(field) or 0)
    return value_words(value, name) if name else value
