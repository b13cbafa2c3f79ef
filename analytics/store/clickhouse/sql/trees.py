"""What ClickHouse says of a query as JSON: trees of objects. No Django here."""

from collections.abc import Iterator, Mapping
from typing import Any


def nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of a tree, an outer one before those within."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from nodes(item)
