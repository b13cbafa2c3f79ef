"""The names by which other products' protocols say which project they mean."""

import re

from django.db import IntegrityError, transaction

from accounts import keys
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Invalid
from accounts.services import key_news
from analytics.models import Project, Site
from analytics.services import trail

# A domain, perhaps with a port and a path as Plausible has them, or an id such as Umami's UUID.
_NAME = re.compile(r"\w[\w.:/-]{0,252}", re.ASCII)
_SCHEME = re.compile(r"^https?://")


def add(*, project: Project, name: str, actor: Actor) -> Site:
    """A site of the project; an address is taken for its domain.

    Raises Invalid for what is no name, Conflict for one that is taken, by whichever project.
    """
    chosen = _SCHEME.sub("", name.strip().lower()).rstrip("/")
    if chosen.startswith(keys.WRITE_PREFIX):
        raise _invalid("A write key works in place of a site as it is.")
    if not _NAME.fullmatch(chosen):
        raise _invalid("Must be a domain such as example.com, or a website's id.")
    try:
        with transaction.atomic():
            site = Site.objects.create(project=project, name=chosen)
            trail.note(
                action=Action.SITE_ADDED,
                actor=actor,
                project=project,
                target=Target(site.pk, chosen),
                after={"name": chosen},
            )
            return site
    except IntegrityError as error:
        here = project.sites.filter(name=chosen).exists()
        where = "a site of this project already" if here else "taken by another project"
        message = f"'{chosen}' is {where}."
        raise Conflict(message, fields=[FieldError("name", message)]) from error


@transaction.atomic
def remove(*, site: Site, actor: Actor) -> None:
    """Nothing that names the site is taken any more; what is stored stays."""
    target = Target(site.pk, site.name)
    site.delete()
    trail.note(
        action=Action.SITE_REMOVED,
        actor=actor,
        project=site.project,
        target=target,
        before={"name": site.name},
    )
    transaction.on_commit(key_news.announce)


def _invalid(message: str) -> Invalid:
    return Invalid(message, fields=[FieldError("name", message)])
