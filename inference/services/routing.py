"""Who is to do a new job: as its caller names a model, by its name, by `provider/model` or by an alias."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.errors import FieldError, Invalid
from accounts.models import Organization
from inference import configuration
from inference.choices import ProviderName, Task
from inference.inputs import AnyJob
from inference.models import Credential, LanguageModel
from inference.providers import choice
from inference.providers.builtin import MODEL
from inference.queries import routes
from inference.routes import Target, split


@dataclass(frozen=True, slots=True)
class Route:
    """What was asked for, and who can do it: the first, and the others where that fails."""

    asked: str
    targets: Sequence[Target]

    @property
    def first(self) -> Target:
        return self.targets[0]


def of_request(*, organization: Organization, request: AnyJob) -> Route:
    """As `route`, by the options of a request; raises Invalid for a deadline beyond the installation's."""
    longest = configuration.limits().job
    if request.deadline is not None and request.deadline > longest:
        raise _invalid("deadline", f"{longest:g} seconds at most.")
    return route(
        organization=organization,
        task=Task(request.task),
        provider=request.provider,
        model=request.model,
        credential=request.credential,
    )


def route(
    *, organization: Organization, task: Task, provider: ProviderName | None, model: str, credential: str = ""
) -> Route:
    """The route of a new job; `credential` is the name or the id of an own key.

    Raises NoProvider where nobody here can do it, Invalid naming the field where what is named is not there or
    cannot do the task.
    """
    if credential:
        return _by_credential(organization, provider, model, credential)
    named, rest = (provider, model) if provider else split(model)
    if named is not None:
        return _single(organization, task, named, rest)
    if model and (found := routes.alias(organization.pk, model)):
        return _by_alias(organization, task, model, routes.targets_of(found))
    if model:
        return _by_name(organization, task, model)
    return _unnamed(organization, task)


def _by_credential(organization: Organization, provider: ProviderName | None, model: str, name: str) -> Route:
    own = Credential.objects.filter(organization=organization, revoked_at=None)
    found = own.filter(name=name).first() or (own.filter(pk=int(name)).first() if name.isdecimal() else None)
    if found is None:
        raise _invalid("credential", "There is no key of this name or id.")
    of = ProviderName(found.provider)
    named, rest = (provider, model) if provider else split(model)
    if named not in {None, of}:
        raise _invalid("credential", f"This key is for '{of}', and not for '{named}'.")
    rest = rest or configuration.endpoint(of).model
    return Route(f"{of}/{rest}", [Target(of, rest, found.pk)])


def _single(organization: Organization, task: Task, provider: ProviderName, model: str) -> Route:
    asked = f"{provider}/{model}" if model else ""
    if provider is ProviderName.BUILTIN:
        choice.require_builtin(task)
        return Route(asked, [Target(provider, MODEL)])
    model = model or configuration.endpoint(provider).model
    (target,) = routes.with_defaults(organization.pk, [Target(provider, model)])
    if not routes.is_open(target):
        raise choice.not_configured(provider)
    return Route(asked, [target])


def _by_alias(organization: Organization, task: Task, name: str, targets: Sequence[Target]) -> Route:
    usable = [
        one for one in routes.with_defaults(organization.pk, targets) if routes.is_open(one) and _can(one, task)
    ]
    if not usable:
        raise choice.NoProvider(f"None of the models of '{name}' can be asked here: their keys are not set up.")
    return Route(name, usable)


def _by_name(organization: Organization, task: Task, model: str) -> Route:
    """Of those who have a model of this name the first that is set up."""
    if model == MODEL:
        return _single(organization, task, ProviderName.BUILTIN, "")
    known = LanguageModel.objects.filter(model=model).values_list("provider", flat=True)
    having = [*known, *(name for name in choice.REMOTE if configuration.endpoint(name).model == model)]
    guess = ProviderName.ANTHROPIC if model.startswith("claude") else ProviderName.OPENAI
    order = [*(name for name in choice.REMOTE if name in having), guess, *choice.REMOTE]
    targets = routes.with_defaults(organization.pk, [Target(ProviderName(name), model) for name in order])
    found = next((one for one in targets if routes.is_open(one)), None)
    if found is None:
        raise choice.nobody(task)
    return Route(model, [found])


def _unnamed(organization: Organization, task: Task) -> Route:
    targets = [Target(name, configuration.endpoint(name).model) for name in choice.REMOTE]
    found = [one for one in targets if routes.is_open(one)]
    if not found:
        found = [one for one in routes.with_defaults(organization.pk, targets) if routes.is_open(one)]
    else:
        found = routes.with_defaults(organization.pk, found[:1])
    if found:
        return Route("", found[:1])
    if task is not Task.SUMMARIZE:
        raise choice.nobody(task)
    return Route("", [Target(ProviderName.BUILTIN, MODEL)])


def _can(target: Target, task: Task) -> bool:
    return target.provider is not ProviderName.BUILTIN or task is Task.SUMMARIZE


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, fields=[FieldError(field, message)])
