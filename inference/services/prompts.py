"""Prompts as versioned templates, and the jobs that run one."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid
from accounts.models import Organization
from accounts.services import audit
from inference import prompting
from inference.batching import MOST_BYTES, BatchAsked, PromptedBatch, each, too_large
from inference.choices import Task
from inference.inputs import AnyJob, GenerateJob, NamedPrompt, Options, PromptedJob
from inference.kinds.generate import GenerateInput
from inference.models import PromptTemplate, PromptVersion
from inference.prompting import Words

MOST_PROMPTS, MOST_VERSIONS = 1_000, 1_000
_NAME, _DESCRIPTION = 100, 500


@transaction.atomic
def create(
    *,
    organization: Organization,
    actor: Actor,
    name: str,
    words: Words,
    slug: str = "",
    description: str = "",
) -> PromptTemplate:
    """A prompt with its first version; without a slug, one is made of its name.

    Raises Invalid naming the field, Conflict where there are too many.
    """
    _check(name, description)
    Organization.objects.select_for_update().get(pk=organization.pk)
    known = PromptTemplate.objects.filter(organization=organization)
    if known.count() >= MOST_PROMPTS:
        raise Conflict(f"There are {MOST_PROMPTS:,} prompts already.")
    slug = slug or slugify(name)[:_NAME].strip("-")
    if not slug or slugify(slug) != slug or len(slug) > _NAME:
        raise _invalid("slug", "Small letters, digits, - and _; 100 at most.")
    if known.filter(slug=slug).exists():
        raise _invalid("slug", f"There is a prompt '{slug}' already.")
    made = PromptTemplate.objects.create(
        organization=organization, name=name.strip(), slug=slug, description=description, created_by=actor.user
    )
    _write(made, actor, words, number=1)
    _note(Action.PROMPT_CREATED, actor, made, after=values(made))
    return made


@transaction.atomic
def add_version(*, prompt: PromptTemplate, actor: Actor, words: Words) -> PromptVersion:
    """The next version, which jobs that name none run from then on. Raises Conflict for one that is archived."""
    found = PromptTemplate.objects.select_for_update().get(pk=prompt.pk)
    if found.archived_at is not None:
        raise Conflict("This prompt is archived: take it back first.")
    last = found.versions.order_by("-number").values_list("number", flat=True).first() or 0
    if last >= MOST_VERSIONS:
        raise Conflict(f"There are {MOST_VERSIONS:,} versions already.")
    made = _write(found, actor, words, number=last + 1)
    _note(Action.PROMPT_VERSION_ADDED, actor, found, after={"version": made.number, "note": made.note})
    return made


@transaction.atomic
def change(
    *,
    prompt: PromptTemplate,
    actor: Actor,
    name: str | None = None,
    description: str | None = None,
    archived: bool | None = None,
) -> PromptTemplate:
    """Another name or description; archived, it is kept for the jobs that ran it, and runs no more."""
    found = PromptTemplate.objects.select_for_update().get(pk=prompt.pk)
    before = values(found)
    found.name = found.name if name is None else name.strip()
    found.description = found.description if description is None else description
    _check(found.name, found.description)
    if archived is not None and archived != (found.archived_at is not None):
        found.archived_at = timezone.now() if archived else None
    found.save()
    if changed := audit.differing(before, values(found)):
        _note(Action.PROMPT_CHANGED, actor, found, before=changed[0], after=changed[1])
    return found


def written(*, organization: Organization, request: AnyJob | PromptedJob) -> tuple[AnyJob, PromptVersion | None]:
    """The request itself; or what a prompt makes of it, with the version that is run.

    What a job names itself goes before what its prompt does. Raises Invalid naming the prompt, the version or the
    variables at fault.
    """
    if not isinstance(request, PromptedJob):
        return request, None
    version = _version(organization, request.prompt)
    return _job(request, version, _input(version, request.prompt.variables, field="prompt.variables")), version


def written_batch(
    *, organization: Organization, asked: BatchAsked | PromptedBatch
) -> tuple[BatchAsked, PromptVersion | None]:
    """As `written`, for a batch: every input of one that runs a prompt is made of its values, by one version."""
    if isinstance(asked, BatchAsked):
        return asked, None
    version = _version(organization, asked.first.prompt)
    inputs = each(asked.inputs, asked.request, lambda own: _input(version, own, field=""))
    if sum(len(one.prompt) + len(one.system) for one in inputs) > MOST_BYTES:
        raise too_large()
    return BatchAsked(asked.request, _job(asked.first, version, inputs[0]), list(inputs)), version


def _version(organization: Organization, asked: NamedPrompt) -> PromptVersion:
    versions = PromptVersion.objects.filter(
        template__organization=organization, template__slug=asked.slug, template__archived_at=None
    ).order_by("-number")
    if asked.version is not None:
        versions = versions.filter(number=asked.version)
    version = versions.select_related("template").first()
    if version is None:
        known = PromptTemplate.objects.filter(
            organization=organization, slug=asked.slug, archived_at=None
        ).exists()
        raise _invalid(
            "prompt.version" if known else "prompt.slug",
            "There is no such version." if known else "There is no such prompt, or it is archived.",
        )
    return version


def _input(version: PromptVersion, given: Mapping[str, str], *, field: str) -> GenerateInput:
    return GenerateInput(
        prompt=prompting.filled(version.text, given, field=field),
        system=version.system,
        max_tokens=version.max_tokens,
        temperature=version.temperature,
    )


def _job(request: PromptedJob, version: PromptVersion, given: GenerateInput) -> GenerateJob:
    options = {name: getattr(request, name) for name in Options.model_fields if name in request.model_fields_set}
    if not {"provider", "model", "credential"} & {name for name, value in options.items() if value}:
        options |= {"provider": version.provider or None, "model": version.model}
    return GenerateJob(task=Task.GENERATE, input=given, **options)


def values(prompt: PromptTemplate) -> dict[str, Any]:
    """What the audit log keeps of it."""
    return {
        "name": prompt.name,
        "slug": prompt.slug,
        "description": prompt.description,
        "archived": prompt.archived_at is not None,
    }


def _write(prompt: PromptTemplate, actor: Actor, words: Words, *, number: int) -> PromptVersion:
    provider, model = words.named
    return PromptVersion.objects.create(
        template=prompt,
        number=number,
        provider=provider,
        model=model,
        created_by=actor.user,
        **words.model_dump(include={"system", "text", "test_input", "max_tokens", "temperature", "note"}),
    )


def _check(name: str, description: str) -> None:
    if not name.strip() or len(name) > _NAME or "\0" in name:
        raise _invalid("name", "Between 1 and 100 characters.")
    if len(description) > _DESCRIPTION or "\0" in description:
        raise _invalid("description", "500 characters at most.")


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, fields=[FieldError(field, message)])


def _note(action: Action, actor: Actor, prompt: PromptTemplate, **changed: Any) -> None:
    audit.record(
        action=action,
        actor=actor,
        organization_id=prompt.organization_id,
        target=Target(prompt.pk, prompt.name),
        **changed,
    )
