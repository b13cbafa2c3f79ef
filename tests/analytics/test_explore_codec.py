"""A spec in an address and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.kinds import KINDS, parse_spec
from analytics.views.explore.codec import pairs_of, tree_of
from analytics.views.explore.form import Input, Rows, conditions, parts_of

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=8)
NAME = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=8)
LEAF = TEXT
TREE = st.recursive(
    st.dictionaries(NAME, LEAF, min_size=1, max_size=3),
    lambda inner: st.dictionaries(
        NAME, st.one_of(LEAF, inner, st.lists(inner, min_size=1, max_size=3)), min_size=1
    ),
    max_leaves=12,
)


@given(tree=TREE)
def test_what_went_into_an_address_comes_out_of_it(tree) -> None:
    tree = {f"x{name}": value for name, value in tree.items()}

    assert tree_of(pairs_of(tree)) == tree


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_kind_survives_its_address(kind) -> None:
    example = KINDS[kind].example
    given = {name: value for name, value in example.items() if name != "kind"}

    assert parse_spec({**tree_of(pairs_of(given)), "kind": kind}) == parse_spec(example)


@pytest.mark.parametrize(
    ("address", "tree"),
    [
        ([("a.1", "y"), ("a.0", "x")], {"a": ["x", "y"]}),
        ([("a.7", "x"), ("a.3", "")], {"a": ["x"]}),
        ([("a", " "), ("b", " x ")], {"b": "x"}),
        ([("a", "x"), ("a.b", "y")], {"a": "x"}),
        ([("period.last", "7d"), ("period.from", "2026-01-01")], {"period": {"last": "7d"}}),
        (
            [("filters.0.field", "p"), ("filters.0.operator", "between"), ("filters.0.values", "1, 2")],
            {"filters": [{"field": "p", "operator": "between", "values": ["1", "2"]}]},
        ),
        (
            [("filters.0.field", "p"), ("filters.0.operator", "is"), ("filters.0.values", "a, b")],
            {"filters": [{"field": "p", "operator": "is", "values": ["a, b"]}]},
        ),
        ([("filters", "x")], {"filters": "x"}),
        ([("filters.0", "x")], {"filters": ["x"]}),
        ([("", "x"), (".", "y")], {"": "x"}),
    ],
)
def test_addresses(address, tree) -> None:
    assert tree_of(address) == tree


# What is for a link, or of no use: rows of groups are groups in any case.
BY_LINK = {
    "events": {"after", "columns", "count"},
    "funnel": {"people"},
    "groups": {"after", "among", "by"},
    "people": {"after", "among"},
    "retention": {"people"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_of_each_kind_is_in_its_form(kind) -> None:
    """But the period, which has an input of its own, and what links are for: pages, columns, single names."""
    spec = KINDS[kind].spec
    parts = parts_of(spec, {}, {})

    assert all(isinstance(part, Input | Rows) for part in parts)
    assert {part.name for part in parts} == set(spec.model_fields) - {"kind", "period", *BY_LINK.get(kind, ())}


def test_errors_stand_at_their_inputs() -> None:
    tree = {"series": [{"aggregation": "sum"}]}
    errors = {"series.0.property": "'sum' needs a property."}

    (series,) = [part for part in parts_of(KINDS["trends"].spec, tree, errors) if part.name == "series"]

    assert isinstance(series, Rows)
    (inputs,) = [row.parts for row in series.rows]
    assert {part.name: part.error for part in inputs if part.error} == errors
    chosen = {part.name: part.value for part in inputs if isinstance(part, Input)}
    assert chosen["series.0.aggregation"] == "sum"


def test_filters_may_be_in_groups() -> None:
    address = [
        ("filters.0.any.0.field", "country"),
        ("filters.0.any.0.operator", "is"),
        ("filters.0.any.0.values", "DE"),
        ("filters.0.any.1.not.field", "path"),
        ("filters.0.any.1.not.operator", "is_set"),
    ]

    made = [part.name for part in inputs_in(conditions("filters", tree_of(address)["filters"], {}))]

    assert made == [name for name, _ in address]


def inputs_in(part):
    """All inputs, however deep."""
    if isinstance(part, Input):
        return [part]
    return [found for row in part.rows for inner in row.parts for found in inputs_in(inner)]
