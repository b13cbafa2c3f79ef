"""The list of groups over a list of events."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.asked import Asked
from tests.oracle.facts import Fact
from tests.oracle.people import NUMBERS, base, check_pages, kept, row_of
from tests.oracle.samples import GROUPS


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    return base(day, "groups", [*NUMBERS, "people"], [*GROUPS, "nobody"])


def check(asked: Asked, facts: list[Fact]) -> None:
    # As people did it, also where it is asked by group.
    found = kept(asked, facts[0].world.facts if facts else [])
    groups = {fact.event.group_id for fact in found} - {""}
    if asked.spec.among is not None:
        groups &= set(asked.spec.among)
    rows = [_group(group, [fact for fact in found if fact.event.group_id == group]) for group in groups]
    check_pages(asked, rows, lambda row: row["group"], "groups")


def _group(group: str, own: list[Fact]) -> dict[str, Any]:
    return {"group": group, **row_of(own), "people": len({fact.person for fact in own})}
