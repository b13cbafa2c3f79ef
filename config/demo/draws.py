"""Draws from a seeded generator: weighted choice, counts, gaps. No Django here."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T]):
    """Choices with their weights, summed once so that a draw is one bisection."""

    values: tuple[T, ...]
    cumulative: tuple[float, ...]

    @classmethod
    def of(cls, pairs: Sequence[tuple[T, float]]) -> Self:
        values, weights = zip(*pairs, strict=True)
        return cls(values=values, cumulative=tuple(itertools.accumulate(weights)))

    def draw(self, rng: random.Random) -> T:
        return rng.choices(self.values, cum_weights=self.cumulative)[0]


def seeded(seed: int) -> random.Random:
    """The one source of chance: the same seed gives the same product."""
    return random.Random(seed)  # noqa: S311 (a simulation, nothing secret)


def count(rng: random.Random, mean: float) -> int:
    """A whole number around a mean, spread about as a Poisson count is; never negative."""
    drawn = rng.gauss(mean, math.sqrt(mean)) if mean > 4 else mean
    whole = math.floor(max(drawn, 0.0))
    return whole + (rng.random() < max(drawn, 0.0) - whole)


def gap(rng: random.Random, median: float) -> int:
    """Milliseconds between two actions: lognormal around a median in seconds, from 1 s to 25 min."""
    return int(min(max(rng.lognormvariate(math.log(median), 0.9), 1.0), 1500.0) * 1000)
