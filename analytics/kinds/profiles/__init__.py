"""People and groups one by one: when they were seen, how often, and what is known of them."""

from analytics.kinds.base import Kind, Read
from analytics.kinds.frame import Frame
from analytics.kinds.profiles.measure import groups, groups_wanted, last_of, names, people, people_wanted
from analytics.kinds.profiles.result import GroupRow, GroupsResult, PeopleResult, PersonRow
from analytics.kinds.profiles.spec import MOST_IDS, GroupsSpec, PeopleSpec, ProfilesSpec, cursor_of


def people_answer(spec: PeopleSpec, frame: Frame, read: Read) -> PeopleResult:
    with read(frame.current, people_wanted(spec)) as reading:
        page = people(spec, reading)
        last, named = last_of(reading, page.rows), names(reading, page.rows)
    rows = tuple(
        PersonRow(named[row.key], row.first, row.last, row.events, row.sessions, *last[row.key])
        for row in page.rows
    )
    return PeopleResult(rows, cursor_of(page.next) if page.next else "", page.total)


def groups_answer(spec: GroupsSpec, frame: Frame, read: Read) -> GroupsResult:
    with read(frame.current, groups_wanted(spec)) as reading:
        page = groups(spec, reading)
    rows = tuple(GroupRow(row.key, row.first, row.last, row.events, row.sessions, row.people) for row in page.rows)
    return GroupsResult(rows, cursor_of(page.next) if page.next else "", page.total)


PEOPLE = Kind(
    spec=PeopleSpec,
    result=PeopleResult,
    answer=people_answer,
    example={
        "kind": "people",
        "period": {"last": "30d"},
        "filters": [{"field": "name", "operator": "is", "values": ["Order Completed"]}],
        "sort": "events",
        "limit": 20,
    },
)
GROUPS = Kind(
    spec=GroupsSpec,
    result=GroupsResult,
    answer=groups_answer,
    example={"kind": "groups", "period": {"last": "30d"}, "sort": "people", "search": "acme"},
)

__all__ = (
    "GROUPS",
    "MOST_IDS",
    "PEOPLE",
    "GroupRow",
    "GroupsResult",
    "GroupsSpec",
    "PeopleResult",
    "PeopleSpec",
    "PersonRow",
    "ProfilesSpec",
)
