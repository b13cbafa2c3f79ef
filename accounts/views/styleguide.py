"""Every component on one page, for staff and for development."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.errors import NotFound
from accounts.models import User


class Sample(forms.Form):
    name = forms.CharField(help_text="Help stands below its field.")
    wrong = forms.EmailField(label="E-mail address", initial="not an address")
    choice = forms.ChoiceField(choices=[("a", "The first"), ("b", "The second")], required=False)
    agreed = forms.BooleanField(label="A box to tick", required=False)


def show(request: HttpRequest) -> HttpResponse:
    staff = isinstance(request.user, User) and request.user.is_staff
    if not (settings.DEBUG or staff):
        raise NotFound("There is nothing here, or not for you.")
    sample = Sample({"name": "Acme", "wrong": "not an address"})
    return render(request, "styleguide.html", {"form": sample})
