"""Who is in a cohort, over a list of events; and definitions that look for trouble."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from pydantic import TypeAdapter

from accounts.access import Actor
from analytics.kinds.filters import Filter, Filters
from analytics.models import Cohort, Project
from analytics.periods import Period, days_of, today_in
from analytics.queries import cohorts as queries
from analytics.services import cohort_work
from analytics.services import cohorts as services
from analytics.services.cohorts import Content
from tests.oracle import samples
from tests.oracle.facts import Fact, keeps, within

# What the cohorts of a scene are called until they have ids.
PLACES = (1, 2)
LISTED = [*samples.ANONYMOUS[:3], *samples.USERS, "robot", "nobody", "acme"]
_FILTERS: TypeAdapter[Any] = TypeAdapter(Filters)


class Moment:
    """Events as they are looked at now, in a zone."""

    def __init__(self, facts: Sequence[Fact], zone: ZoneInfo, now: datetime) -> None:
        self.facts, self.zone, self.now = facts, zone, now
        # Of somebody, any event tells the traits and the cohorts.
        self.people = {fact.owner: fact for fact in facts}

    def members(self, conditions: Sequence[Any]) -> set[str]:
        """Everybody with an event, ever, who meets all of the conditions, given as JSON."""
        met = [self._meeting(item) for item in conditions]
        return set(self.people).intersection(*met)

    def among(self, listed: Sequence[str]) -> tuple[set[str], list[str]]:
        """Everybody with an event who goes by one of these ids, and the ids that nobody goes by."""
        linked = self.facts[0].world.linked if self.facts else {}
        person = {identifier: linked.get(identifier, identifier) for identifier in listed}
        return set(self.people) & set(person.values()), [
            identifier for identifier in listed if person[identifier] not in self.people
        ]

    def _meeting(self, item: Any) -> set[str]:
        if "any" in item:
            return set().union(*(self._meeting(one) for one in item["any"]))
        if "all" in item:
            return self.members(item["all"])
        if "not" in item:
            return set(self.people) - self._meeting(item["not"])
        if "done" in item:
            times = self._times(item)
            return {person for person in self.people if _is_often_enough(times[person], item)}
        asked = Filter.model_validate(item)
        return {person for person, fact in self.people.items() if keeps(fact, asked)}

    def _times(self, item: Any) -> Counter[str]:
        days = days_of(Period.model_validate(item["period"]), today=today_in(self.zone, self.now))
        asked = _FILTERS.validate_python(item.get("filters", []))
        return Counter(
            fact.owner
            for fact in within(self.facts, days.first, days.last, self.zone)
            if item["done"] in {"", fact.event.name} and all(keeps(fact, one) for one in asked)
        )


def _is_often_enough(times: int, item: Any) -> bool:
    if "at_most" in item:
        return bool(times <= item["at_most"])
    if "exactly" in item:
        return bool(times == item["exactly"])
    return bool(times >= item.get("at_least", 1))


def conditions(day: date, *, of_cohorts: bool) -> st.SearchStrategy[list[Any]]:
    """Conditions as JSON; with the first cohort of the scene among them where that is asked for."""
    traits = st.sampled_from([
        {"field": "person.plan", "operator": "is", "values": ["pro", True]},
        {"field": "person.plan", "operator": "is_not", "values": ["free"]},
        {"field": "person.plan", "operator": "is_set"},
        {"field": "person.seats", "operator": "greater", "values": [2.5]},
        {"field": "person.seats", "operator": "between", "values": [1, 12]},
        {"field": "person.Größe", "operator": "contains", "values": ["\n,"]},
        {"field": "person.nowhere", "operator": "is_not_set"},
        {"field": "person", "operator": "is", "values": ["u1", "a2", "robot"]},
        {"field": "person", "operator": "matches", "values": ["^[aü]"]},
    ])  # fmt: skip
    done = st.tuples(
        st.fixed_dictionaries({
            "done": st.sampled_from(["", "Buy", "page", "Größe geändert", "nowhere"]),
            "period": samples.periods(day),
        }),
        st.one_of(
            st.just({}), st.just({"filters": []}),
            samples.filters(of_sessions=False, of_cohorts=False).map(lambda own: {"filters": own}),
        ),
        st.one_of(
            st.just({}),
            st.sampled_from([1, 2, 5, 100]).map(lambda number: {"at_least": number}),
            st.sampled_from([0, 0, 1, 3]).map(lambda number: {"at_most": number}),
            st.sampled_from([0, 1, 2]).map(lambda number: {"exactly": number}),
        ),
    ).map(lambda parts: {**parts[0], **parts[1], **parts[2]})  # fmt: skip
    in_first = st.sampled_from(["in_cohort", "not_in_cohort"]).map(
        lambda operator: {"field": "person", "operator": operator, "values": [1]}
    )
    seen_by_first = done.map(
        lambda own: {**own, "filters": [{"field": "person", "operator": "in_cohort", "values": [1]}]}
    )
    single = st.one_of(traits, done, done, *([in_first, seen_by_first] if of_cohorts else []))
    several = st.lists(single, min_size=1, max_size=3)
    grouped = st.one_of(
        several.map(lambda own: {"any": own}),
        several.map(lambda own: {"all": own}),
        single.map(lambda own: {"not": own}),
    )
    deep = st.one_of(single, single, grouped, grouped.map(lambda own: {"not": own}))
    return st.lists(deep, min_size=1, max_size=3)


def lists() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(LISTED), min_size=1, max_size=4, unique=True)


def make(draw: Any, project: Project, facts: Sequence[Fact], day: date) -> dict[int, int]:
    """Make the cohorts of a scene, have them computed, and compare who is in them; their ids by their places."""
    now = draw(samples.moments(project.time_zone, day))
    moment, ids = Moment(facts, ZoneInfo(project.time_zone), now), dict[int, int]()
    for place in PLACES:
        is_first = place == PLACES[0]
        listed = draw(lists()) if is_first and draw(st.integers(0, 3)) == 0 else None
        asked = None if listed else placed(draw(conditions(day, of_cohorts=not is_first)), ids)
        content = Content(name=f"Cohort {place}", conditions=asked, people=listed)
        cohort = services.create(project=project, actor=Actor(), content=content)
        ids[place] = cohort.pk
        expected, unknown = moment.among(listed) if listed else (moment.members(asked or []), [])
        for fact in facts[:1]:
            fact.world.cohorts[cohort.pk] = expected
        check(cohort, now, expected, unknown)
    return ids


def check(cohort: Cohort, now: datetime, expected: set[str], unknown: Sequence[str]) -> None:
    # Of other examples are there as well, in other times.
    Cohort.objects.update(due_at=now + timedelta(days=1))
    Cohort.objects.filter(pk=cohort.pk).update(due_at=now)
    assert cohort_work.compute_due(now=now) == 1
    cohort.refresh_from_db()
    assert (cohort.state, cohort.problem) == ("ready", "")
    assert {member.person for member in queries.members(cohort, limit=1000).members} == expected
    assert (cohort.size, cohort.unknown, cohort.unknown_people) == (len(expected), len(unknown), [*unknown])


def placed(value: Any, ids: Mapping[int, int]) -> Any:
    """JSON of a spec or of conditions with the ids of the cohorts in place of what they were called."""
    if isinstance(value, Mapping):
        found = {key: placed(item, ids) for key, item in value.items()}
        if "cohort" in found.get("operator", ""):
            found["values"] = [ids[place] for place in value["values"]]
        return found
    if isinstance(value, list):
        return [placed(item, ids) for item in value]
    if isinstance(value, str) and value.startswith("cohort."):
        return f"cohort.{ids[int(value.removeprefix('cohort.'))]}"
    return value
