"""The names that a job of an organization can give as its model."""

from collections.abc import Iterable

from django.db.models import Q

from inference import configuration
from inference.choices import ProviderName
from inference.models import Alias, LanguageModel
from inference.providers.builtin import MODEL
from inference.providers.choice import REMOTE
from inference.queries import routes
from inference.routes import Target


def aliases(organization_id: int) -> list[str]:
    """The organization's and the installation's, each name once."""
    known = Alias.objects.filter(Q(organization=organization_id) | Q(organization=None))
    return sorted(set(known.values_list("name", flat=True)))


def models(organization_id: int) -> list[str]:
    """`provider/model` of those that there is a key for, and the one that needs none."""
    configured = ((name.value, configuration.endpoint(name).model) for name in REMOTE)
    known = {*configured, *LanguageModel.objects.values_list("provider", "model")}
    targets = [Target(ProviderName(provider), model) for provider, model in sorted(known)]
    usable = _open(routes.with_defaults(organization_id, targets))
    return [*(f"{one.provider}/{one.model}" for one in usable), f"{ProviderName.BUILTIN}/{MODEL}"]


def _open(targets: Iterable[Target]) -> list[Target]:
    return [
        one
        for one in targets
        if one.provider is not ProviderName.BUILTIN
        and (one.credential_id is not None or configuration.endpoint(one.provider).keys)
    ]
