"""Flows between columns of nodes. No Django here.

Each column is a step; a node is as high as what flows through it, a ribbon as thick as what flows along it. Nodes
of a column stand from the top in the order given.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1000.0
NODE_WIDTH = 14.0
# Room at the right for the names of the last column, as each has its names at its right.
_RIGHT = 150.0
GAP = 10.0
LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Node:
    """What is drawn of: `step` is its column, from 0; `value` how much flows through it."""

    key: str
    step: int
    value: float


@dataclass(frozen=True, slots=True)
class Flow:
    source: str
    target: str
    value: float


@dataclass(frozen=True, slots=True)
class Box:
    """A node placed: units of the width, pixels; `share` is its left edge in percent, for its label."""

    key: str
    step: int
    x: float
    y: float
    height: float
    share: str


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A flow placed: an SVG path, and how thick it is drawn."""

    source: str
    target: str
    path: str
    thickness: float


@dataclass(frozen=True, slots=True)
class Sankey:
    height: float
    boxes: tuple[Box, ...]
    ribbons: tuple[Ribbon, ...]


def sankey(nodes: Sequence[Node], flows: Sequence[Flow], *, height: float = 420.0) -> Sankey:
    """Place nodes and flows; flows of unknown nodes are left out."""
    columns: defaultdict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        columns[node.step].append(node)
    if not columns:
        return Sankey(height, (), ())
    scale = min(_scale(column, height) for column in columns.values())
    steps = max(columns) + 1
    boxes = {box.key: box for step, column in columns.items() for box in _column(step, steps, column, scale)}
    return Sankey(height, tuple(boxes.values()), tuple(_ribbons(boxes, flows, scale)))


def _scale(column: Sequence[Node], height: float) -> float:
    """Pixels for one unit of flow, so that the column fits."""
    total = sum(node.value for node in column)
    return max(height - GAP * (len(column) - 1), height / 4) / total if total else height


def _column(step: int, steps: int, column: Sequence[Node], scale: float) -> list[Box]:
    x = 0.0 if steps == 1 else step * (WIDTH - NODE_WIDTH - _RIGHT) / (steps - 1)
    y = 0.0
    found = []
    for node in column:
        own = max(node.value * scale, LEAST)
        found.append(Box(node.key, step, round(x, 1), round(y, 1), round(own, 1), f"{x / WIDTH * 100:.2f}%"))
        y += own + GAP
    return found


def _ribbons(boxes: dict[str, Box], flows: Sequence[Flow], scale: float) -> list[Ribbon]:
    """Each leaves its node below those before it, in the order of where they go, so that few cross."""
    known = [flow for flow in flows if flow.source in boxes and flow.target in boxes]
    known.sort(key=lambda flow: (boxes[flow.source].y, boxes[flow.target].y))
    left: defaultdict[str, float] = defaultdict(float)
    right: defaultdict[str, float] = defaultdict(float)
    starts = {}
    for flow in known:
        starts[flow] = boxes[flow.source].y + left[flow.source]
        left[flow.source] += flow.value * scale
    found = []
    for flow in sorted(known, key=lambda flow: (boxes[flow.target].y, boxes[flow.source].y)):
        thick = max(flow.value * scale, 1.0)
        end = boxes[flow.target].y + right[flow.target]
        right[flow.target] += flow.value * scale
        path = _path(boxes[flow.source], boxes[flow.target], starts[flow] + thick / 2, end + thick / 2)
        found.append(Ribbon(flow.source, flow.target, path, round(thick, 1)))
    return found


def _path(source: Box, target: Box, start: float, end: float) -> str:
    x1, x2 = source.x + NODE_WIDTH, target.x
    middle = (x1 + x2) / 2
    return f"M{x1:g} {start:.1f}C{middle:g} {start:.1f} {middle:g} {end:.1f} {x2:g} {end:.1f}"
