"""The graph of paths from their numbers. No Django here."""

from analytics.kinds.paths.measure import Counted, Measured, Place
from analytics.kinds.paths.result import Link, Node, PathsResult, Stage

MICROS = 1_000_000


def shape(measured: Measured) -> PathsResult:
    ordered = sorted(measured.nodes, key=lambda place: _order_of(place, measured.nodes[place]))
    places = {place: number for number, place in enumerate(ordered)}
    links = [_link(places, *ends, counted) for ends, counted in measured.links.items()]
    stages = sorted(measured.stages.items())
    return PathsResult(
        stages=tuple(Stage(step, counted.sessions, counted.people) for step, counted in stages),
        nodes=tuple(_node(place, measured) for place in ordered),
        links=tuple(
            sorted(links, key=lambda link: (ordered[link.source][0], -link.sessions, link.source, link.target))
        ),
        transitions=measured.transitions,
    )


def _order_of(place: Place, counted: Counted) -> tuple[int, bool, int, str]:
    step, label = place
    return step, label is None, -counted.sessions, label or ""


def _node(place: Place, measured: Measured) -> Node:
    step, label = place
    counted = measured.nodes[place]
    going = sum(link.sessions for (source, _), link in measured.links.items() if source == place)
    return Node(step, label or "", label is None, counted.sessions, counted.people, going)


def _link(places: dict[Place, int], source: Place, target: Place, counted: Counted) -> Link:
    seconds = counted.micros / counted.sessions / MICROS
    return Link(places[source], places[target], counted.sessions, counted.people, seconds)
