"""Lines from terms and usage, by numbers that anybody can check."""

from datetime import date

import pytest

from accounts.billing.rating import (
    Discount,
    GivenBack,
    Period,
    Tax,
    Used,
    base,
    half_up,
    overage,
    subtotal,
    unused,
)
from accounts.billing.terms import Block, Interval, Metered, Terms

NOVEMBER = Period("2026-11", date(2026, 11, 1), date(2026, 11, 30))
TERMS = Terms(
    "EUR", Interval.MONTH, 9_900, events=Metered(1_000, Block(100, 250)), tokens=Metered(10_000, Block(5_000, 99))
)


def used(events: int, tokens: int = 0) -> Used:
    return Used(date(2026, 11, 1), date(2026, 11, 30), events, tokens)


def test_a_period_is_its_base_amount():
    (line,) = base("Growth", TERMS, NOVEMBER)

    assert (line.description, line.quantity, line.unit, line.amount) == ("Plan Growth", 1, "month", 9_900)
    assert (line.first, line.last, line.covers) == (date(2026, 11, 1), date(2026, 11, 30), "base:2026-11")


@pytest.mark.parametrize(
    ("discount", "off"),
    [
        (Discount("TEN", percent=10), 990),
        (Discount("ODD", percent=33), 3_267),
        (Discount("ALL", percent=100), 9_900),
        (Discount("FIVE", amount=500), 500),
        (Discount("MORE", amount=50_000), 9_900),
    ],
)
def test_a_coupon_takes_from_the_base_and_never_more_than_it(discount, off):
    lines = base("Growth", TERMS, NOVEMBER, discount)

    assert [line.amount for line in lines] == [9_900, -off]
    assert lines[1].description == f"Coupon {discount.code}"


def test_what_costs_nothing_has_no_lines():
    assert base("Free", Terms("EUR", Interval.MONTH, 0), NOVEMBER, Discount("TEN", percent=10)) == []


@pytest.mark.parametrize(
    ("events", "blocks"), [(0, 0), (1_000, 0), (1_001, 1), (1_100, 1), (1_101, 2), (10**12, 10_000_000_000 - 10)]
)
def test_each_begun_block_over_the_quota_is_paid(events, blocks):
    lines = overage(TERMS, [used(events)])

    assert [(line.quantity, line.unit_amount, line.amount) for line in lines] == (
        [(blocks, 250, blocks * 250)] if blocks else []
    )


def test_months_and_meters_are_lines_of_their_own():
    october = Used(date(2026, 10, 12), date(2026, 10, 31), 1_250, 10_001)

    lines = overage(TERMS, [october, used(1_001)])

    assert [(line.covers, line.quantity, line.unit) for line in lines] == [
        ("events:2026-10", 3, "100 events"), ("tokens:2026-10", 1, "5,000 tokens"),
        ("events:2026-11", 1, "100 events"),
    ]  # fmt: skip
    assert lines[0].description == "Events over the quota, October 2026: 1,250 used, 1,000 included"
    assert subtotal(lines) == 3 * 250 + 99 + 250


def test_without_a_block_or_a_quota_nothing_is_sold_over_it():
    assert overage(Terms("EUR", Interval.MONTH, 1, events=Metered(10)), [used(10**9)]) == []
    assert overage(Terms("EUR", Interval.MONTH, 1), [used(10**9, 10**9)]) == []


@pytest.mark.parametrize(("since", "back"), [(1, 9_900), (2, 9_570), (16, 4_950), (30, 330)])
def test_the_days_that_are_left_are_given_back(since, back):
    (line,) = unused("Growth", 9_900, NOVEMBER, since=date(2026, 11, since), owed=99_999)

    assert line.amount == -back
    assert line.description == f"Unused time of plan Growth: {31 - since} of 30 days"


def test_of_a_period_that_is_over_nothing_is_given_back():
    assert unused("Growth", 9_900, NOVEMBER, since=date(2026, 12, 1), owed=99_999) == []


def test_as_much_is_given_back_as_is_owed_and_the_rest_in_a_further_part():
    parts = [
        unused("Growth", 9_900, NOVEMBER, since=date(2026, 11, 16), owed=2_000, given=GivenBack(number, back))
        for number, back in enumerate((0, 2_000, 4_000, 4_950))
    ]

    assert [[(line.covers, line.amount) for line in part] for part in parts] == [
        [(f"unused:{NOVEMBER.key}", -2_000)], [(f"unused:{NOVEMBER.key}:2", -2_000)],
        [(f"unused:{NOVEMBER.key}:3", -950)], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("numerator", "denominator", "result"),
    [(5, 2, 3), (4, 2, 2), (7, 3, 2), (8, 3, 3), (-5, 2, -3), (-7, 3, -2), (0, 7, 0)],
)
def test_halves_go_away_from_zero(numerator, denominator, result):
    assert half_up(numerator, denominator) == result


def test_a_tax_is_rounded_once_on_the_net_amount():
    assert Tax("VAT", 1_900, 9_900).amount == 1_881
    assert Tax("VAT", 550, 10).amount == 1  # 0.55
