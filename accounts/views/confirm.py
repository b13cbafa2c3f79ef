"""Confirming an address by its code, as allauth has it, with an answer to another address that does not hold."""

from allauth.account.internal.decorators import login_not_required
from allauth.account.views import ConfirmEmailVerificationCodeView
from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class ConfirmView(ConfirmEmailVerificationCodeView):
    """allauth names the method below for a form that is not valid, and does not have it."""

    def _change_form_invalid(self, form: forms.Form) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)
        return response


@login_not_required  # type: ignore[untyped-decorator]
def page(request: HttpRequest) -> HttpResponseBase:
    response: HttpResponseBase = ConfirmView.as_view()(request)
    return response
