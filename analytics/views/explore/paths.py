"""The answer of paths as a diagram of flows. No Django here."""

from zoneinfo import ZoneInfo

from analytics.kinds.paths import PathsResult, PathsSpec
from analytics.kinds.paths.result import Node as Place
from analytics.plots.sankey import Flow, Node, sankey
from analytics.templatetags.formats import duration, number
from analytics.views.explore.blocks import Block, Column, FlowBlock, NodeLabel, TableBlock

_LONGEST = 32


def blocks(spec: PathsSpec, result: PathsResult, zone: ZoneInfo) -> tuple[Block, ...]:  # noqa: ARG001 (as all)
    if not result.nodes:
        return ()
    first = min(node.step for node in result.nodes)
    nodes = [Node(str(place), node.step - first, node.sessions) for place, node in enumerate(result.nodes)]
    flows = [Flow(str(link.source), str(link.target), link.sessions) for link in result.links]
    drawing = sankey(nodes, flows)
    labels = tuple(
        NodeLabel(
            text=_short(_name(result.nodes[int(box.key)])),
            count=number(result.nodes[int(box.key)].sessions),
            x=box.share,
            y=box.y + box.height / 2,
        )
        for box in drawing.boxes
    )
    by_ends = {(str(link.source), str(link.target)): link for link in result.links}
    titles = tuple(
        f"{_name(result.nodes[int(ribbon.source)])} → {_name(result.nodes[int(ribbon.target)])}: "
        f"{number(by_ends[ribbon.source, ribbon.target].sessions)} sessions"
        for ribbon in drawing.ribbons
    )
    caption = f"{number(len(result.links))} of {number(result.transitions)} transitions within sessions."
    return (FlowBlock("Paths", caption, drawing, labels, titles, _table(result)),)


def _table(result: PathsResult) -> TableBlock:
    names = ("Step", "From", "To", "Sessions", "People", "Mean time")
    rows = tuple(
        (
            str(result.nodes[link.source].step),
            _name(result.nodes[link.source]),
            _name(result.nodes[link.target]),
            number(link.sessions),
            number(link.people),
            duration(link.mean_seconds),
        )
        for link in result.links
    )
    return TableBlock("The numbers", tuple(Column(name, place > 2) for place, name in enumerate(names)), rows)


def _name(node: Place) -> str:
    return "Other" if node.other else node.label or "(none)"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
