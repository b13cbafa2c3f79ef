"""The probabilities of answers that are one token each."""

import math
from collections.abc import Sequence

from inference.conversation import TokenChance

# What may stand around an answer: quotes, brackets, stops, marks of emphasis.
AROUND = " \t\r\n.,:;()[]{}\"'`*"


def normalized(chances: Sequence[TokenChance], keys: Sequence[str], answered: int) -> list[float | None] | None:
    """Of each key how probable it was, all together 1; None for one that was not among the likely tokens.

    None instead of a list where the provider gave none, or where it was not the first token that decided.
    """
    first = next((chance for chance in chances if chance.token.strip(AROUND)), None)
    if first is None or first.token.strip(AROUND).upper() != keys[answered]:
        return None
    weights: dict[str, float] = {}
    for token, logprob in {first.token: first.logprob, **first.likely}.items():
        key = token.strip(AROUND).upper()
        weights[key] = weights.get(key, 0.0) + math.exp(logprob)
    known = [weights.get(key) for key in keys]
    total = sum(weight for weight in known if weight)
    if not total:
        return None
    return [None if weight is None else weight / total for weight in known]
