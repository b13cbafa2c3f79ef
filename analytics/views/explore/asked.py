"""What an address of Explore asks: its tree, and the spec if it is one. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.errors import FieldError, Invalid
from analytics.kinds import KINDS, parse_spec
from analytics.kinds.base import Spec
from analytics.views.explore.codec import tree_of
from analytics.views.explore.cohorts import Names, by_id

# Parameters that are not of the question.
ADD, REMOVE, INSIGHT, RUN = "add", "remove", "insight", "run"
_OTHERS = frozenset({ADD, REMOVE, INSIGHT, RUN})
DEFAULT_PERIOD = "30d"


@dataclass(frozen=True, slots=True)
class Asked:
    """The tree, the spec if it is one, the errors by path if it is none."""

    tree: dict[str, Any]
    spec: Spec | None = None
    errors: dict[str, str] = field(default_factory=dict)


def asked_of(kind: str, query: Mapping[str, str], names: Names) -> Asked:
    """What is asked of a kind; where nothing is said, the whole of the last days. Cohorts may be named."""
    tree = by_id(tree_of((name, query[name]) for name in query if name not in _OTHERS), names)
    tree.setdefault("period", {"last": DEFAULT_PERIOD})
    if "series" in KINDS[kind].spec.model_fields:
        tree.setdefault("series", [{}])
    try:
        return Asked(tree, parse_spec({**tree, "kind": kind}))
    except Invalid as error:
        return Asked(tree, errors={one.field: one.message for one in error.fields})


def spec_of(kind: str, query: Mapping[str, str], names: Names) -> Spec:
    """The spec of an address. Raises Invalid naming each wrong field."""
    asked = asked_of(kind, query, names)
    if asked.spec is None:
        fields = [FieldError(name, message) for name, message in asked.errors.items()]
        raise Invalid("The question is not valid.", fields=fields)
    return asked.spec
