"""The demo's organization with its people and project, and the secrets that open them."""

import secrets

from django.db import transaction
from django.utils import timezone

from accounts import keys
from accounts.access import SYSTEM
from accounts.models import SecretKey, User
from accounts.permissions import Role, Scope
from accounts.services import organizations, people, secret_keys
from analytics.models import Project, WriteKey
from analytics.services import projects
from config.demo.credentials import Credentials, Login
from config.demo.models import DemoLoad

_KEY_NAME = "Demo"
_ROLES = (Role.OWNER, Role.ANALYST, Role.VIEWER)
_STAFF = "staff"


def current() -> DemoLoad | None:
    """The demo of this installation, finished or not."""
    return DemoLoad.objects.select_related("project__organization").first()


@transaction.atomic
def set_up(*, seed: int, events: int) -> DemoLoad:
    """An organization with owner, analyst, viewer and an empty project, and beside it somebody of the staff.

    Raises Conflict where an organization of this address is there that is not the demo.
    """
    people = {role: _person(role) for role in _ROLES}
    organization = organizations.create(name="Acme", slug="acme", owner=people[Role.OWNER], actor=SYSTEM)
    for role in (Role.ANALYST, Role.VIEWER):
        organizations.add_member(organization=organization, user=people[role], role=role, actor=SYSTEM)
    staff = _person(_STAFF)
    staff.is_staff = staff.is_superuser = True
    staff.save(update_fields=("is_staff", "is_superuser"))
    project = projects.create(
        organization=organization, name="Quillboard", time_zone="Europe/Berlin", actor=SYSTEM
    )
    return DemoLoad.objects.create(project=project, seed=seed, events=events, now=timezone.now())


@transaction.atomic
def issue(*, project: Project, base_url: str) -> Credentials:
    """New keys and passwords; those of an earlier issue end, since nobody has their text any more."""
    for old in SecretKey.objects.active().filter(organization=project.organization, name=_KEY_NAME):
        secret_keys.revoke(key=old, actor=SYSTEM)
    for earlier in WriteKey.objects.active().filter(project=project, name=_KEY_NAME):
        projects.revoke_write_key(key=earlier, actor=SYSTEM)
    _, write_key = projects.create_write_key(project=project, name=_KEY_NAME, actor=SYSTEM)
    _, secret_key = secret_keys.create(
        organization=project.organization, name=_KEY_NAME, scopes=list(Scope), actor=SYSTEM
    )
    return Credentials(
        base_url=base_url,
        organization=project.organization.slug,
        project_id=project.pk,
        write_key=write_key,
        secret_key=secret_key,
        logins={name: _login(name) for name in (*_ROLES, _STAFF)},
    )


@transaction.atomic
def remove(*, demo: DemoLoad) -> None:
    """Delete the organization and all that is its own, and those of its people who are in no other.

    The files of its events belong to no segment then, which the next sweeps delete.
    """
    demo.project.organization.delete()
    addresses = [_address(name) for name in (*_ROLES, _STAFF)]
    User.objects.filter(email__in=addresses, memberships=None).delete()


def are_valid(*, credentials: Credentials, project: Project) -> bool:
    """Whether the keys open this project; the file may be of another database."""
    write_key = WriteKey.objects.active().filter(project=project, hash=keys.digest(credentials.write_key))
    secret_key = SecretKey.objects.active().filter(
        organization=project.organization, hash=keys.digest(credentials.secret_key)
    )
    return credentials.project_id == project.pk and write_key.exists() and secret_key.exists()


def _address(name: str) -> str:
    # A top-level domain that is reserved, so the address can be nobody's.
    return f"{name}@acme.example"


def _person(name: str) -> User:
    """The person of this name: people stay when their organization is deleted."""
    person = User.objects.filter(email=_address(name)).first()
    return person or people.create_verified(email=_address(name), name=f"{name.capitalize()} of Acme")


def _login(name: str) -> Login:
    person = _person(name)
    password = secrets.token_urlsafe(15)
    person.set_password(password)
    person.save(update_fields=("password",))
    return Login(email=person.email, password=password)
