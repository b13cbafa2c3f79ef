"""What paths answer: a graph as a Sankey diagram draws it. No Django here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """How many sessions, of how many people, have a step of this number (from 1; with an end, it is the last)."""

    step: int
    sessions: int
    people: int


@dataclass(frozen=True, slots=True)
class Node:
    """A path or event at a step. `other` are all those of the step that are not shown; their label is empty.

    `continuing` of the sessions go on to the next step that is looked at: the links from a node add up to that.
    """

    step: int
    label: str
    other: bool
    sessions: int
    people: int
    continuing: int


@dataclass(frozen=True, slots=True)
class Link:
    """Transitions from a node to a node of the next step, by their places in `nodes`.

    `mean_seconds` is the mean time between the two. The links of a node add up to those of it that continue.
    """

    source: int
    target: int
    sessions: int
    people: int
    mean_seconds: float


@dataclass(frozen=True, slots=True)
class PathsResult:
    """Stages in order; nodes by step, those with the most sessions first and Other last; links likewise.

    `transitions` is how many different ones there are, shown or not.
    """

    stages: tuple[Stage, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    transitions: int
