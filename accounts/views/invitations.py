"""The page behind the link in an invitation: an account first, then the answer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import access, invited
from accounts.access import Actor
from accounts.models import Invitation, User
from accounts.services import invitations


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    invitation = access.invitation(token)
    if request.method == "POST":
        return _accept(request, invitation)
    if invitation.is_over(timezone.now()):
        return render(request, "accounts/invitation_over.html", {"invitation": invitation}, status=410)
    if not isinstance(request.user, User):
        return _to_an_account(request, invitation, token)
    fits = invitations.is_addressed_to(request.user, invitation)
    return render(request, "accounts/invitation.html", {"invitation": invitation, "fits": fits})


def _accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    membership = invitations.accept(invitation=invitation, actor=Actor.of(request))
    messages.success(request, f"Welcome to {membership.organization.name}.")
    return redirect("organization", membership.organization.slug)


def _to_an_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """They come back here with the account that they choose or make."""
    invited.remember(request, token)
    return render(request, "accounts/invitation_anonymous.html", {"invitation": invitation})
