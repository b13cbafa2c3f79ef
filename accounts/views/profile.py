"""What a person is called."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import Actor
from accounts.errors import Unauthenticated
from accounts.models import User
from accounts.services import people


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="Colleagues see it in lists and invitations; without it they see your address.",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    if not isinstance(request.user, User):
        raise Unauthenticated("Log in.")
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": request.user.name})
    if form.is_valid():
        people.rename(user=request.user, name=form.cleaned_data["name"], actor=Actor.of(request))
        messages.success(request, "Saved.")
        return redirect("account_name")
    return render(request, "account/name.html", {"form": form}, status=422 if form.errors else 200)
