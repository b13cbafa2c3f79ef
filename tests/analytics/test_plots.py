"""The geometry of bars and flows."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.plots.bars import HEADROOM, stacked
from analytics.plots.sankey import Flow, Node, sankey

VALUES = st.lists(st.one_of(st.none(), st.integers(-1000, 1000).map(float)), min_size=3, max_size=3)


@given(series=st.lists(VALUES, min_size=1, max_size=4))
def test_bars_stay_in_the_plot_and_never_overlap(series) -> None:
    drawing = stacked(series)
    at = [[(float(bar.y), float(bar.height)) for bar in drawing.bars if bar.index == index] for index in range(3)]

    assert all(y >= HEADROOM and y + height <= drawing.height + 0.6 for column in at for y, height in column)
    for column in at:
        ordered = sorted(column)
        pairs = itertools.pairwise(ordered)
        assert all(first[0] + first[1] <= second[0] + 0.6 for first, second in pairs)


def test_what_is_negative_hangs_below_zero() -> None:
    drawing = stacked([[3.0, 0.0], [-2.0, None]])

    up, down = drawing.bars
    assert float(up.y) + float(up.height) == pytest.approx(drawing.zero)
    assert float(down.y) == pytest.approx(drawing.zero)
    assert [line.value for line in drawing.gridlines] == [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]


def test_nothing_is_drawn_of_nothing() -> None:
    assert stacked([]).bars == ()
    assert stacked([[None, 0.0]]).bars == ()
    assert sankey([], []).boxes == ()


def test_flows_meet_their_nodes() -> None:
    nodes = [Node("a", 0, 3), Node("b", 0, 1), Node("c", 1, 4)]
    drawing = sankey(nodes, [Flow("a", "c", 3), Flow("b", "c", 1), Flow("x", "c", 9)], height=100)

    heights = {box.key: box.height for box in drawing.boxes}
    assert heights == {"a": 67.5, "b": 22.5, "c": 90.0}
    assert [(ribbon.source, ribbon.thickness) for ribbon in drawing.ribbons] == [("a", 67.5), ("b", 22.5)]
    assert [ribbon.path for ribbon in drawing.ribbons] == [
        "M14 33.8C425 33.8 425 33.8 836 33.8",
        "M14 88.8C425 88.8 425 78.8 836 78.8",
    ]
