"""The ways that a job can take, as they are now: targets, their keys, the sizes of their models."""

from collections.abc import Collection, Iterable, Sequence

from django.db import connection
from django.db.models import F, Q

from accounts import encryption
from accounts.errors import Unavailable
from inference import configuration
from inference.choices import ProviderName
from inference.models import Alias, AliasTarget, Credential, Job
from inference.providers.base import ProviderError
from inference.queries import sizes
from inference.routes import Plan, Target, Way, split

# Of `accounts.encryption`.
KEY_PURPOSE = "provider key"
# Asked for every job, as `queries.rules` is.
_DEFAULTS = """
SELECT provider, id FROM inference_credential
WHERE organization_id = %s AND is_default AND revoked_at IS NULL
"""


def alias(organization_id: int, name: str) -> Alias | None:
    """The organization's alias of this name, else the installation's."""
    found = Alias.objects.filter(Q(organization=organization_id) | Q(organization=None), name=name)
    return found.order_by(F("organization").asc(nulls_last=True)).first()


def targets_of(found: Alias) -> list[Target]:
    """In their order; those whose key was revoked are left out."""
    usable = AliasTarget.objects.filter(alias=found).filter(
        Q(credential=None) | Q(credential__revoked_at=None, credential__organization=found.organization_id)
    )
    return [Target(ProviderName(one.provider), one.model, one.credential_id) for one in usable]


def with_defaults(organization_id: int, targets: Iterable[Target]) -> list[Target]:
    """The organization's own default key in the place of the installation's, where it has one."""
    with connection.cursor() as cursor:
        cursor.execute(_DEFAULTS, [organization_id])
        own: dict[str, int] = dict(cursor.fetchall())
    return [Target(one.provider, one.model, one.credential_id or own.get(one.provider.value)) for one in targets]


def is_open(target: Target) -> bool:
    """Whether there is a key to ask it with, if it takes one."""
    return not target.is_charged or bool(configuration.endpoint(target.provider).keys)


def plans(jobs: Sequence[Job]) -> list[Plan | ProviderError]:
    """For each job its plan, or why there is no way at all: a key was revoked, or is not configured any more."""
    targets = [targets_of_job(job) for job in jobs]
    known = sizes.known_of([target for of_job in targets for target in of_job])
    return [_plan(job, of_job, known) for job, of_job in zip(jobs, targets, strict=True)]


def _plan(job: Job, targets: Sequence[Target], known: sizes.Known) -> Plan | ProviderError:
    try:
        ways = list(ways_of(job.organization_id, targets))
    except Unavailable as error:
        return ProviderError("no_provider", error.message)
    if not ways:
        return ProviderError("no_provider", "The key that this was to be done with is not there any more.")
    return Plan(ways, sizes.smallest(targets, known))


def ways_of(organization_id: int, targets: Sequence[Target]) -> Iterable[Way]:
    """Every target with each of its keys, a target's keys one after another."""
    own = _credentials(organization_id, {one.credential_id for one in targets if one.credential_id is not None})
    for target in targets:
        if target.provider is ProviderName.BUILTIN:
            yield Way(target)
        elif target.credential_id is None:
            endpoint = configuration.endpoint(target.provider)
            for number, key in enumerate(endpoint.keys):
                yield Way(target, key, endpoint.base_url, number)
        elif credential := own.get(target.credential_id):
            yield _own_way(target, credential)


def targets_of_job(job: Job) -> list[Target]:
    """Those of its alias, where it asked for one that is still there; else what its row says."""
    found = None
    if job.asked_model and split(job.asked_model)[0] is None:
        found = alias(job.organization_id, job.asked_model)
    targets = with_defaults(job.organization_id, targets_of(found)) if found else []
    return targets or [Target(ProviderName(job.provider), job.model, job.credential_id)]


def _credentials(organization_id: int, ids: Collection[int]) -> dict[int, Credential]:
    if not ids:
        return {}
    found = Credential.objects.filter(organization=organization_id, revoked_at=None, pk__in=ids)
    return {one.pk: one for one in found}


def _own_way(target: Target, credential: Credential) -> Way:
    base_url = credential.base_url or configuration.OWN_ADDRESSES[target.provider]
    guarded = not configuration.private_allowed()
    key = encryption.decrypt(credential.encrypted_key, purpose=KEY_PURPOSE)
    return Way(target, key, base_url, guarded=guarded)
