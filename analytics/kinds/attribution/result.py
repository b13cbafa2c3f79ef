"""What attribution answers. No Django here."""

from dataclasses import dataclass

from analytics.kinds.attribution.spec import Model


@dataclass(frozen=True, slots=True)
class Credit:
    """The conversions and the value that a model gives to a touch; no value without a property."""

    model: Model
    conversions: float
    value: float | None


@dataclass(frozen=True, slots=True)
class Touch:
    """A source, channel, …, empty where sessions have none; `other` are all that are not shown."""

    touch: str
    other: bool
    credits: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class AttributionResult:
    """Conversions, their people and their value; touches by the credit of the first model, Other last.

    Of each model, the credits of all touches add up to the whole. `different` is how many touches there are.
    """

    conversions: int
    people: int
    value: float | None
    touches: tuple[Touch, ...]
    different: int
