"""The language models that an organization can name for a chat, and who has them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organization
from inference import configuration
from inference.choices import ProviderName
from inference.models import Alias, LanguageModel
from inference.providers.choice import REMOTE
from inference.queries import language_models, routes
from inference.routes import Target, split


@dataclass(frozen=True, slots=True)
class Available:
    """A name to call a model by: its own, or an alias for several in the order in which they are asked."""

    name: str
    targets: Sequence[Target]
    is_alias: bool = False
    created_at: datetime | None = None


def available(organization: Organization) -> list[Available]:
    """Aliases first, then the models of providers that there is a key for; of one name, the first counts."""
    found: dict[str, Available] = {}
    for one in (*_aliases(organization), *_models(), *_defaults()):
        found.setdefault(one.name, one)
    return [one for one in _with_keys(organization, list(found.values())) if one.targets]


def find(organization: Organization, name: str) -> Available | None:
    """What this name stands for; `provider/model` names a model of a provider, listed or not."""
    provider, model = split(name)
    if provider in REMOTE:
        named = [Available(name, [Target(provider, model)])]
        return next((one for one in _with_keys(organization, named) if one.targets), None)
    return next((one for one in available(organization) if one.name == name), None)


def _aliases(organization: Organization) -> Iterator[Available]:
    """Its own before those of the installation."""
    for alias in language_models.aliases_of(organization.pk):
        yield Available(alias.name, _targets(alias), is_alias=True, created_at=alias.created_at)


def _targets(alias: Alias) -> list[Target]:
    return [
        Target(ProviderName(one.provider), one.model, one.credential_id)
        for one in alias.targets.all()
        if one.credential is None or one.credential.revoked_at is None
    ]


def _models() -> Iterator[Available]:
    order = list(REMOTE)
    rows = LanguageModel.objects.filter(provider__in=order)
    for row in sorted(rows, key=lambda row: (order.index(ProviderName(row.provider)), row.model)):
        yield Available(row.model, [Target(ProviderName(row.provider), row.model)], created_at=row.created_at)


def _defaults() -> Iterator[Available]:
    for name in REMOTE:
        if model := configuration.endpoint(name).model:
            yield Available(model, [Target(name, model)])


def _with_keys(organization: Organization, named: Sequence[Available]) -> Iterator[Available]:
    """Each with those of its targets that there is a key for, the organization's own or the installation's."""
    asked = list({target: None for one in named for target in one.targets})
    keyed = dict(zip(asked, routes.with_defaults(organization.pk, asked), strict=True))
    for one in named:
        usable = [
            target
            for target in map(keyed.__getitem__, one.targets)
            if target.provider in REMOTE and routes.is_open(target)
        ]
        yield Available(one.name, usable, is_alias=one.is_alias, created_at=one.created_at)
