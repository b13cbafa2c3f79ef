"""What a spec names that the database knows, wherever it stands in it. No Django here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from analytics.fields import GROUP_TRAIT_PREFIX, PERSON_TRAIT_PREFIX, cohort_of
from analytics.fields import named as named_in
from analytics.kinds.filters import COHORT_OPERATORS, Filter


@dataclass(frozen=True, slots=True)
class Named:
    """Traits by name, and cohorts by id, each with the path of a field of the spec that names it."""

    person_traits: frozenset[str] = frozenset()
    group_traits: frozenset[str] = frozenset()
    cohorts: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.person_traits or self.group_traits or self.cohorts)


NOTHING = Named()
# What of a spec names fields, beside its filters.
_OF_FIELDS = frozenset({"breakdown", "columns", "dimensions", "touch"})


def named_by(spec: BaseModel) -> Named:
    """What a spec names."""
    people: set[str] = set()
    groups: set[str] = set()
    cohorts: dict[int, str] = {}
    for path, text, _ in fields_of(spec):
        if name := named_in(text, PERSON_TRAIT_PREFIX):
            people.add(name)
        elif name := named_in(text, GROUP_TRAIT_PREFIX):
            groups.add(name)
        elif cohort := cohort_of(text):
            cohorts.setdefault(cohort, path)
    return Named(frozenset(people), frozenset(groups), cohorts) if people or groups or cohorts else NOTHING


def fields_of(spec: BaseModel) -> Iterator[tuple[str, str, bool]]:
    """Every field that a spec names: where, which, and whether a filter does."""
    yield from _texts(spec, "")


def _texts(value: Any, path: str, *, is_field: bool = False) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, Filter):
        part = "values" if value.operator in COHORT_OPERATORS else "field"
        yield from ((f"{path}{part}", name, True) for name in value.fields)
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _texts(getattr(value, name), f"{path}{info.alias or name}.", is_field=name in _OF_FIELDS)
    elif isinstance(value, tuple | list):
        for place, item in enumerate(value):
            yield from _texts(item, f"{path}{place}.", is_field=is_field)
    elif isinstance(value, str) and is_field:
        yield path.removesuffix("."), value, False
