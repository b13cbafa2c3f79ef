"""Where a question, its files, and a person or a group are found. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from analytics.kinds.base import By, Spec
from analytics.views.explore.codec import pairs_of


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses in a project, below its own, which ends in a slash."""

    project: str

    def question(self, spec: Spec, changes: Mapping[str, Any] | None = None, *, of: str = "") -> str:
        """The page that asks it, with some fields changed; `of` is something of it, such as `answer.csv`."""
        tree = {**own_of(spec), **(changes or {})}
        kind = tree.pop("kind")
        return f"{self.project}explore/{kind}/{of}?{urlencode(pairs_of(tree))}"

    def profile(self, name: str, by: By = By.PERSON) -> str:
        """The page of a person, or of a group, by the id that they go by."""
        return f"{self.project}{'groups' if by is By.GROUP else 'people'}/{quote(name)}/"


def own_of(spec: Spec) -> dict[str, Any]:
    """A question as the API takes it, without what is at its default."""
    return {"kind": spec.kind, **spec.model_dump(mode="json", exclude_defaults=True, by_alias=True)}
