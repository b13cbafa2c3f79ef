"""A new organization, by whoever is logged in."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.errors import Conflict, Invalid
from accounts.models import User
from accounts.services import organizations


class OrganizationForm(forms.Form):
    name = forms.CharField(
        max_length=200, help_text="Your company or team; its address here is made from the name."
    )


@login_required
def new(request: HttpRequest) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    if form.is_valid() and isinstance(request.user, User):
        try:
            organization = organizations.create(name=form.cleaned_data["name"], owner=request.user)
        except (Invalid, Conflict) as error:
            form.add_error("name", error.message)
        else:
            return redirect("organization", organization.slug)
    status = 422 if form.errors else 200
    return render(request, "accounts/organization_new.html", {"form": form}, status=status)
