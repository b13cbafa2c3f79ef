"""The settings of inference, typed."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a worker process holds and how long it waits; seconds."""

    concurrency: int
    deadline: float
    first_token: float
    stall: float
    lease: float

    @property
    def tick(self) -> float:
        """Between two renewals: three must fail before a lease runs out, and a cancel is seen in two seconds."""
        return min(2.0, self.lease / 4)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider that is reached over the network; without a key it is not configured."""

    api_key: str
    base_url: str
    model: str


def limits() -> Limits:
    given = _settings()
    return Limits(**{name: given[name] for name in Limits.__slots__})


def endpoint(name: str) -> Endpoint:
    return Endpoint(**_settings()[name])


def _settings() -> dict[str, Any]:
    return dict(settings.INFERENCE)
