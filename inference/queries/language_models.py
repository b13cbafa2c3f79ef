"""The models that an organization can ask, as its page and the API show them."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from inference import configuration
from inference.choices import ProviderName
from inference.models import Alias, AliasTarget, Credential, LanguageModel
from inference.providers.choice import REMOTE
from inference.queries import health, routes
from inference.queries.health import Health
from inference.routes import Target


@dataclass(frozen=True, slots=True)
class Line:
    """A model: what staff have entered of it, None where they have not, and how it fares.

    `key` is the own key that it is asked with by default; without one and not `available`, nobody can ask it.
    """

    provider: ProviderName
    model: str
    known: LanguageModel | None
    key: Credential | None
    available: bool
    health: Health

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model}"


def models_of(organization_id: int) -> list[Line]:
    """Those that staff have entered, and the ones that are asked where a job names none."""
    known = {(one.provider, one.model): one for one in LanguageModel.objects.all()}
    asked = [
        (name.value, configuration.endpoint(name).model) for name in REMOTE if configuration.endpoint(name).keys
    ]
    targets = [Target(ProviderName(provider), model) for provider, model in sorted({*known, *asked})]
    targets = routes.with_defaults(organization_id, targets)
    ways = {target: health.ways_of(target) for target in targets}
    fared = health.calls_of(organization_id)
    resting = health.resting([name for names in ways.values() for name in names])
    keys = {one.pk: one for one in credentials_of(organization_id)}
    return [
        Line(
            provider=target.provider,
            model=target.model,
            known=known.get((target.provider.value, target.model)),
            key=keys.get(target.credential_id or 0),
            available=bool(ways[target]),
            health=Health(
                fared.get((target.provider.value, target.model), {}), health.rest_of(ways[target], resting)
            ),
        )
        for target in targets
    ]


def aliases_of(organization_id: int) -> list[Alias]:
    """The organization's, then the installation's that it does not hide by its own; with their targets."""
    targets = Prefetch("targets", AliasTarget.objects.select_related("credential"))
    found = list(
        Alias.objects.filter(Q(organization=organization_id) | Q(organization=None)).prefetch_related(targets)
    )
    own = {one.name for one in found if one.organization_id}
    shown = [one for one in found if one.organization_id or one.name not in own]
    return sorted(shown, key=lambda one: (one.organization_id is None, one.name))


def credentials_of(organization_id: int) -> "QuerySet[Credential]":
    """An organization's own keys, those that are revoked left out."""
    return Credential.objects.filter(organization=organization_id, revoked_at=None).select_related("created_by")
