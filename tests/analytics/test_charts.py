import pytest

from analytics.charts import line_chart, ticks


@pytest.mark.parametrize(
    ("highest", "unit", "expected"),
    [
        (0, "count", (0, 1)),
        (1, "count", (0, 1)),
        (3, "count", (0, 1, 2, 3)),
        (499, "count", (0, 200, 400, 600)),
        (1000, "count", (0, 250, 500, 750, 1000)),
        (0, "fraction", (0, 0.25)),
        (0.43, "fraction", (0, 0.2, 0.4, 0.6)),
        (1, "fraction", (0, 0.25, 0.5, 0.75, 1)),
        (134, "seconds", (0, 60, 120, 180)),
        (3 * 86400 * 5, "seconds", (0, 345600, 691200, 1036800, 1382400)),
    ],
)
def test_ticks_are_round_and_reach_the_highest(highest, unit, expected):
    assert ticks(highest, unit) == pytest.approx(expected)


def test_counts_have_no_ticks_between_whole_numbers():
    assert all(value == int(value) for highest in range(1, 200) for value in ticks(highest))


def test_a_line_goes_from_left_to_right_and_higher_values_stand_higher():
    chart = line_chart([0, 4], [], height=118)
    assert chart.line == "M0.0 118L1000.0 18"
    assert chart.area == "M0.0 118L1000.0 18L1000.0 118L0.0 118Z"
    assert chart.running == ""


def test_the_running_interval_is_drawn_apart_and_joined_to_the_last_settled_point():
    chart = line_chart([4, 4, 2], [], incomplete=1, height=118)
    assert chart.line == "M0.0 18L500.0 18"
    assert chart.running == "M500.0 18L1000.0 68"


def test_a_missing_value_is_a_gap_and_a_point_alone_is_marked():
    chart = line_chart([1, None, 1, 1], [], height=118)
    assert chart.line.count("M") == 2
    assert [dot.alone for dot in chart.dots] == [True, False, False, False]


def test_a_single_point_stands_in_the_middle():
    chart = line_chart([3], [2])
    assert chart.dots[0].x == "50.00%"
    assert chart.dots[0].alone


def test_the_previous_period_shares_the_axis_and_may_be_shorter():
    chart = line_chart([1, 1, 1], [10, 10])
    assert chart.gridlines[-1].value >= 10
    assert [dot.previous_y is None for dot in chart.dots] == [False, False, True]


def test_labels_are_few_and_anchored_inside_of_the_plot():
    chart = line_chart([1.0] * 90, [])
    assert len(chart.marks) <= 8
    assert chart.marks[0].anchor == "start"
    assert chart.marks[1].minor
    assert line_chart([1.0] * 2, []).marks[-1].anchor == "end"


def test_nothing_draws_nothing():
    chart = line_chart([], [])
    assert (chart.line, chart.area, chart.dots, chart.marks) == ("", "", (), ())


def test_a_year_of_days_stays_small():
    chart = line_chart([float(index % 37) for index in range(365)], [])
    assert len(chart.line) < 5_000
