"""Change the tree of a form: an item more in a list, or one less. No Django here."""

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Any

from analytics.views.explore.codec import Pair, pairs_of, tree_of
from analytics.views.explore.form import GROUPS


def without(query: Mapping[str, str], gone: str, *, leaving_out: Collection[str]) -> list[Pair]:
    """What a form sent without the item of a list at a path, and without these names."""
    kept = [name for name in query if name not in leaving_out and not f"{name}.".startswith(f"{gone}.")]
    return pairs_of(tree_of((name, query[name]) for name in kept))


def grown(tree: dict[str, Any], path: str, fresh: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """The tree with an item more in the list at a path; as it is where there is no such list.

    `filters` adds an empty one, `filters:any` a group of filters, and any other word what `fresh` makes of it.
    """
    path, _, word = path.partition(":")
    item: Any = {word: [{}]} if word in GROUPS else {}
    if fresh is not None and word and not path.endswith(".filters"):
        item = fresh(word)
    copied: dict[str, Any] = deepcopy(tree)
    node: Any = copied
    *above, last = path.split(".")
    for key in above:
        inner = node.get(key) if isinstance(node, dict) else None
        if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            inner = node[int(key)]
        node = inner
    if last and isinstance(node, dict):
        items = node.get(last)
        node[last] = [*(items if isinstance(items, list) else []), item]
    return copied
