"""Errors as pages: for a person a whole page, for a panel that htmx loads its own small state."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts.errors import PlumblineError

_TITLES = {
    400: "This address asks for something we do not understand",
    403: "You may not do this here",
    404: "There is nothing here",
    409: "That contradicts what is there",
    503: "Something that this needs is not there",
    504: "This took too long",
}


def page(request: HttpRequest, error: PlumblineError) -> HttpResponse:
    """The answer to a domain error that a view let through."""
    title = _TITLES.get(error.status, "This did not work")
    context = {"title": title, "text": error.message, "status": error.status, "fields": error.fields}
    return render(request, _template(request), context, status=error.status)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500. The page needs no database, for that may be what failed."""
    context = {"title": "Something broke on our side", "text": "It has been logged. Try again in a moment."}
    template = "components/error.html" if request.headers.get("HX-Request") else "500.html"
    return render(request, template, context, status=500)


def _template(request: HttpRequest) -> str:
    return "components/error.html" if request.headers.get("HX-Request") else "errors/page.html"
