"""Who sees a saved question: its maker alone, the organization, or whoever has a public link."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotShareable
from accounts.permissions import Capability
from analytics import access
from analytics.models import Insight, Project, Visibility
from analytics.services import insights, shares
from analytics.services.insights import Content
from analytics.views.doors import entered
from analytics.views.explore.page import common
from analytics.views.explore.saved import href_of

_NEVER = 0
_DAYS = [(_NEVER, "Never"), (1, "In a day"), (7, "In 7 days"), (30, "In 30 days"), (90, "In 90 days")]


class ShareForm(forms.Form):
    expires = forms.TypedChoiceField(
        coerce=int, choices=_DAYS, initial=30, label="The link ends", help_text="You can revoke it at any time."
    )
    may_embed = forms.BooleanField(
        required=False, label="Other sites may show it in a frame", help_text="Else browsers refuse that."
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, organization: str, project: str, insight: UUID) -> HttpResponse:
    """Its links; a POST makes one and shows it in the answer, the only time that it is shown."""
    found = entered(request, organization, project, Capability.SHARE_INSIGHTS)
    kept = access.insight(Actor.of(request), found, insight_id=insight)
    form = ShareForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, found, kept, form, status=422 if form.errors else 200)
    days = form.cleaned_data["expires"]
    try:
        _, token = shares.create(
            insight=kept,
            actor=Actor.of(request),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
            may_embed=form.cleaned_data["may_embed"],
        )
    except (NotShareable, Conflict, Invalid) as error:
        form.add_error(None, error.message)
        return _page(request, found, kept, form, status=error.status)
    link = request.build_absolute_uri(reverse("shared", args=[token]))
    return _page(request, found, kept, ShareForm(), status=201, link=link)


@require_POST
def revoke(request: HttpRequest, organization: str, project: str, insight: UUID, share: int) -> HttpResponse:
    found = entered(request, organization, project, Capability.SHARE_INSIGHTS)
    actor = Actor.of(request)
    kept = access.insight(actor, found, insight_id=insight)
    shares.revoke(share=access.share_of(kept, share_id=share), actor=actor)
    messages.success(request, "The link is revoked: nobody sees anything through it any more.")
    return redirect("explore_share", organization, project, kept.pk)


@require_POST
def show_to(request: HttpRequest, organization: str, project: str, insight: UUID) -> HttpResponse:
    """To its maker alone, or to everybody who sees the project."""
    found = entered(request, organization, project, Capability.EDIT_INSIGHTS)
    actor = Actor.of(request)
    kept = access.insight(actor, found, insight_id=insight)
    wanted = (
        Visibility.PRIVATE if request.POST.get("visibility") == Visibility.PRIVATE else Visibility.ORGANIZATION
    )
    insights.change(insight=kept, actor=actor, content=Content(visibility=wanted))
    messages.success(
        request, "Only you see it now." if wanted == Visibility.PRIVATE else "Everybody here sees it now."
    )
    return redirect(href_of(found, kept))


def _page(
    request: HttpRequest, project: Project, insight: Insight, form: ShareForm, *, status: int, **more: Any
) -> HttpResponse:
    context = {
        **common(project),
        "insight": insight,
        "back_href": href_of(project, insight),
        "shares": insight.shares.select_related("created_by"),
        "form": form,
        **more,
    }
    return render(request, "analytics/explore/share.html", context, status=status)
