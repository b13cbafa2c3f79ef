"""Formulas over series: what they are worth, and what is refused."""

import pytest

from accounts.errors import Invalid
from analytics.kinds import parse_spec
from analytics.kinds.trends.formulas import formula_of


@pytest.mark.parametrize(
    ("text", "numbers", "value"),
    [
        ("A", [3.0], 3.0),
        ("A/B*100", [1.0, 4.0], 25.0),
        ("A - 1 - 2", [10.0], 7.0),
        ("2 + 3 * A", [4.0], 14.0),
        ("(2 + 3) * A", [4.0], 20.0),
        ("-A * --B", [2.0, 5.0], -10.0),
        ("8 / A / 2", [2.0], 2.0),
        (" 1.5*A ", [2.0], 3.0),
        ("A / B", [1.0, 0.0], None),
        ("A / (B - B)", [1.0, 2.0], None),
        ("A + B", [1.0, None], None),
        ("A * A", [1e300], None),
        ("(" * 90 + "A" + ")" * 90, [1.0], 1.0),
    ],
)
def test_a_formula_is_worth_what_arithmetic_says(text, numbers, value):
    assert formula_of(text).of(numbers) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is missing at the end"),
        ("A +", "is missing at the end"),
        ("A B", "'B' is not expected"),
        ("A)", r"'\)' is not expected"),
        ("(A", "closing parenthesis"),
        ("* A", r"missing before '\*'"),
        ("1 + 2", "names a series"),
        ("A ** 2", r"missing before '\*'"),
        ("a", "'a' is not understood"),
        ("A + __import__('os')", "'_' is not understood"),
        ("A + ２", "'２' is not understood"),
        ("1e5 * A", "'e' is not understood"),
    ],
)
def test_what_is_no_formula_says_where(text, message):
    with pytest.raises(ValueError, match=message):
        formula_of(text)


@pytest.mark.parametrize(
    ("own", "field"),
    [
        ({"formulas": [{"formula": "A / B"}]}, "formulas"),
        ({"formulas": [{"formula": "A / "}]}, "formulas.0.formula"),
        ({"formulas_only": True}, "formulas_only"),
        ({"series": [{"aggregation": "unique"}], "cumulative": True}, "cumulative"),
    ],
)
def test_a_wrong_use_names_its_field(own, field):
    with pytest.raises(Invalid) as raised:
        parse_spec({"kind": "trends", "period": {"last": "7d"}, "series": [{}], **own})

    assert [item.field for item in raised.value.fields] == [field]
