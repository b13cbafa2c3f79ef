"""Where a job can go: a model at a provider, and the keys with which it is asked. No Django here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inference.choices import ProviderName
from inference.kinds.base import Size


@dataclass(frozen=True, slots=True)
class Target:
    """A model at a provider; `credential_id` is an organization's own key, None the installation's."""

    provider: ProviderName
    model: str
    credential_id: int | None = None

    @property
    def is_charged(self) -> bool:
        """What is called with an organization's own key, it pays the provider itself."""
        return self.credential_id is None and self.provider is not ProviderName.BUILTIN


@dataclass(frozen=True, slots=True)
class Way:
    """A target with one of its keys. `guarded`: the address is a customer's word, and must be public."""

    target: Target
    key: str = field(default="", repr=False)
    base_url: str = ""
    number: int = 0
    guarded: bool = False

    @property
    def name(self) -> str:
        """Under which every process notes how it goes."""
        return f"{self.target.provider}/{self.target.model}@{self.key_name}"

    @property
    def key_name(self) -> str:
        """Which key it is, without a word of it."""
        own = self.target.credential_id
        return f"own-{own}" if own is not None else f"key-{self.number}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The ways of a job, the first that is well is taken; `size` is what the smallest of their models can do."""

    ways: Sequence[Way]
    size: Size


def split(name: str) -> tuple[ProviderName | None, str]:
    """`openai/gpt-x` as its parts; a name with another slash is a model's own."""
    provider, slash, model = name.partition("/")
    return (ProviderName(provider), model) if slash and model and provider in ProviderName else (None, name)
