"""Choices of events, as steps of a funnel are: a name, and filters."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle import samples
from tests.oracle.facts import Fact, keeps


def fits(fact: Fact, choice: Any) -> bool:
    return choice.event in {"", fact.event.name} and all(keeps(fact, item) for item in choice.filters)


def choices() -> st.SearchStrategy[dict[str, Any]]:
    """Mostly of a name alone, so that something is left."""
    return st.fixed_dictionaries({
        "event": st.sampled_from(["", "", "Buy", "Buy", "page", "page", "Sign up"]),
        "filters": st.one_of(st.just([]), st.just([]), samples.filters(of_sessions=False)),
    })  # fmt: skip
