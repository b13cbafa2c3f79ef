"""Who is one person: links from anonymous ids to user ids, and merges. No Django here.

The rules are those of `docs/definitions.md`, in the order of arrival:

- identify(anonymous, user): the anonymous id belongs to the user's person, unless it belongs to one already.
- alias(previous, user): the two are one person, who goes by the user's name.
- An event's person is that of its anonymous id where that is linked, else its user id, else its anonymous id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from analytics.contracts import Event, Kind

# An id has to fit a database index, and PostgreSQL's text has no NUL; others stay people of their own.
LONGEST_ID_BYTES = 1000
_IDS = (attrgetter("anonymous_id"), attrgetter("user_id"), attrgetter("previous_id"))
_LINKING = frozenset({Kind.IDENTIFY.value, Kind.ALIAS.value})


def linkable(identifier: str) -> bool:
    return bool(identifier) and "\0" not in identifier and len(identifier.encode()) <= LONGEST_ID_BYTES


def ids_of(events: Sequence[Event]) -> set[str]:
    """Every id that decides about the people of these events."""
    found = {identifier for of in _IDS for identifier in map(of, events)}
    return {identifier for identifier in found if linkable(identifier)}


@dataclass(frozen=True, slots=True)
class People:
    """Of each event its person, and the anonymous id that may yet turn out to be another's, or an empty text."""

    persons: Sequence[str]
    loose: Sequence[str]


class Links:
    """The links known so far, and those that new events add (`made`: id → how)."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._parent = dict(known)
        self.made: dict[str, str] = {}

    def person(self, identifier: str) -> str:
        """The person that an id belongs to: itself where it is not linked."""
        while (parent := self._parent.get(identifier)) is not None:
            identifier = parent
        return identifier

    def learn_all(self, events: Sequence[Event]) -> None:
        """Take in what the identifies and aliases among these say, in their order."""
        for event in events:
            if event.kind in _LINKING:
                self.learn(event)

    def learn(self, event: Event) -> None:
        """Take in what an identify or alias says."""
        if event.kind == Kind.IDENTIFY and event.anonymous_id not in self._parent:
            self._link(event.anonymous_id, event.user_id, event.kind)
        elif event.kind == Kind.ALIAS and linkable(event.previous_id):
            self._link(self.person(event.previous_id), event.user_id, event.kind)

    def people_of(self, events: Sequence[Event]) -> People:
        """Whose each event is, by the links known now.

        An anonymous id is loose if the user id decided and a link may yet overrule it.
        """
        persons: list[str] = []
        loose: list[str] = []
        for event in events:
            anonymous, user = event.anonymous_id, event.user_id
            if not user or anonymous in self._parent:
                persons.append(self.person(anonymous))
                loose.append("")
            else:
                persons.append(self.person(user))
                loose.append(anonymous if linkable(anonymous) else "")
        return People(persons, loose)

    def _link(self, identifier: str, user_id: str, how: str) -> None:
        if not (linkable(identifier) and linkable(user_id)):
            return
        person = self.person(user_id)
        if identifier != person:
            self._parent[identifier] = person
            self.made[identifier] = how
