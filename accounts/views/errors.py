"""Errors as pages: for a person a whole page, for a panel that htmx loads its own small state."""

from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.errors import Moved, PlumblineError, Unavailable

_TITLES = {
    400: "This address asks for something we do not understand",
    402: "The plan does not have this",
    403: "You may not do this here",
    404: "There is nothing here",
    409: "This cannot be done now",
    422: "This asks for too much",
    429: "Too much is asked at once",
    503: "Something that this needs is not there",
    504: "This took too long",
}


# The title has said the first half of what most such errors say.
_NOTHING = "The address is wrong, or what it named is gone, or it is not for you."


def page(request: HttpRequest, error: PlumblineError) -> HttpResponse:
    """The answer to a domain error that a view let through."""
    title = _TITLES.get(error.status, "This did not work")
    text = _NOTHING if error.status == 404 and error.message.startswith(title) else error.message
    context = {"title": title, "text": text, "status": error.status, "fields": error.fields}
    if request.method == "POST":
        context["back"] = _page_before(request)
    if error.retry_after is not None and request.method == "GET":
        context["again"] = request.get_full_path()
    response = render(request, _template(request), context, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response


def to_login(request: HttpRequest) -> HttpResponse:
    """To the login, and back; where a panel asked, the whole page goes, not the login into the panel."""
    if not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path())
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = redirect_to_login(f"{page.path or '/'}?{page.query}".rstrip("?"))
    return HttpResponse(headers={"HX-Redirect": back.url})


def moved(request: HttpRequest, error: Moved) -> HttpResponse:
    """To the same page under the present slug, with whatever was sent."""
    return HttpResponse(status=error.status, headers={"Location": error.path(request.get_full_path())})


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500. The page needs no database, for that may be what failed."""
    context = {"title": "Something broke on our side", "text": "It has been logged. Try again in a moment."}
    template = "components/error.html" if request.headers.get("HX-Request") else "500.html"
    return render(request, template, context, status=500)


def unavailable(request: HttpRequest, error: Unavailable) -> HttpResponse:
    """What is needed for every page is away. This one needs no database."""
    context = {"title": "Plumbline is away for a moment", "text": error.message}
    template = "components/error.html" if request.headers.get("HX-Request") else "503.html"
    response = render(request, template, context, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response


def _page_before(request: HttpRequest) -> str:
    """The page of ours that a form was sent from; empty where the browser does not say."""
    came = request.headers.get("Referer", "")
    known = url_has_allowed_host_and_scheme(came, {request.get_host()}, require_https=request.is_secure())
    return came if known else ""


def _template(request: HttpRequest) -> str:
    return "components/error.html" if request.headers.get("HX-Request") else "errors/page.html"
