"""Public links to insights: made, revoked, and ended with what they showed."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import keys
from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Conflict, FieldError, Forbidden, Invalid, NotShareable
from analytics.kinds import parse_spec
from analytics.kinds.shareable import why_not
from analytics.models import Insight, InsightShare, Visibility
from analytics.queries import sensitive
from analytics.services import trail

# Of one insight that are live.
MOST = 20
_HINT = 6


@transaction.atomic
def create(
    *, insight: Insight, actor: Actor, expires_at: datetime | None = None, may_embed: bool = False
) -> tuple[InsightShare, str]:
    """A new link and its token, which is not kept.

    Raises NotShareable for what names people or groups, or is sensitive, Conflict for a private insight and for
    one with too many links, Invalid for a time that is over or a spec that this version cannot ask.
    """
    found = Insight.objects.select_for_update(of=("self",)).select_related("project").get(pk=insight.pk)
    if found.visibility == Visibility.PRIVATE or found.deleted_at is not None:
        raise Conflict("It is private or deleted. Make it the organization's first.")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The link would be over.", fields=[FieldError("expires_at", "Must lie in the future.")])
    require_shareable(found)
    if found.shares.live().count() >= MOST:
        raise Conflict(f"It has {MOST} links already; revoke one.")
    token = secrets.token_urlsafe(32)
    share = InsightShare.objects.create(
        insight=found,
        hash=keys.digest(token),
        hint=token[:_HINT],
        may_embed=may_embed,
        expires_at=expires_at,
        created_by=actor.user,
    )
    _note(Action.INSIGHT_SHARED, share, actor)
    return share, token


@transaction.atomic
def revoke(*, share: InsightShare, actor: Actor) -> None:
    """Nobody sees anything through it any more; a second time changes nothing."""
    if InsightShare.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        _note(Action.SHARE_ENDED, share, actor)


def revoke_all(*, insight: Insight, actor: Actor) -> None:
    """The insight is not for everybody any more."""
    for share in insight.shares.live():
        revoke(share=share, actor=actor)


def require_shareable(insight: Insight) -> None:
    """Raises NotShareable, saying why, and Invalid for a spec that this version cannot ask."""
    spec = parse_spec(insight.spec)
    if why := why_not(spec):
        raise NotShareable(f"This cannot be shared by a public link. {why}")
    try:
        sensitive.require(spec, sensitive.marked(insight.project), within="spec.")
    except Forbidden as error:
        message = "This cannot be shared by a public link. It asks about what is sensitive."
        raise NotShareable(message, fields=error.fields) from error


def _note(action: Action, share: InsightShare, actor: Actor) -> None:
    facts = {"link": share.hint, "expires_at": share.expires_at, "may_embed": share.may_embed}
    insight = share.insight
    trail.note(
        action=action,
        actor=actor,
        project=insight.project,
        target=Target(str(insight.pk), insight.name),
        before=facts if action == Action.SHARE_ENDED else None,
        after=facts if action == Action.INSIGHT_SHARED else None,
    )
