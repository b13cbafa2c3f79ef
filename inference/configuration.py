"""The settings of inference, typed."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from inference.choices import ProviderName

# Where an organization's own key is sent unless it names another address.
OWN_ADDRESSES = {
    ProviderName.ANTHROPIC: "https://api.anthropic.com",
    ProviderName.OPENAI: "https://api.openai.com/v1",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a worker process holds and how long it waits; seconds.

    `deadline` is that of a call, `job` that of a job from its first start to its end, with all tries and pauses.
    """

    concurrency: int
    deadline: float
    first_token: float
    stall: float
    lease: float
    job: float = 3600.0

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

    @property
    def keys(self) -> tuple[str, ...]:
        """There may be several, with a comma between: where one is asked too much, the next is taken."""
        return tuple(key.strip() for key in self.api_key.split(",") if key.strip())


def limits() -> Limits:
    given = _settings()
    return Limits(**{name: given[name] for name in Limits.__slots__ if name in given})


def most_running() -> int:
    """How many jobs of one organization run at once, unless its own rules say."""
    return int(_settings()["most_running"])


def endpoint(name: str) -> Endpoint:
    return Endpoint(**_settings()[name])


def private_allowed() -> bool:
    """Whether organizations' own servers may be in this installation's network."""
    return bool(_settings().get("private"))


def _settings() -> dict[str, Any]:
    return dict(settings.INFERENCE)


def webhooks_may_be_private() -> bool:
    """Whether webhooks may go into the network of this installation."""
    return bool(settings.WEBHOOKS_PRIVATE or settings.DEBUG)
