"""Errors as pages: for a person a whole page, for a panel that htmx loads its own small state."""

from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts.errors import PlumblineError

_TITLES = {
    400: "This address asks for something we do not understand",
    403: "You may not do this here",
    404: "There is nothing here",
    409: "That contradicts what is there",
    422: "This asks for too much",
    429: "Too much is asked at once",
    503: "Something that this needs is not there",
    504: "This took too long",
}


def page(request: HttpRequest, error: PlumblineError) -> HttpResponse:
    """The answer to a domain error that a view let through."""
    title = _TITLES.get(error.status, "This did not work")
    context = {"title": title, "text": error.message, "status": error.status, "fields": error.fields}
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


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500. The page needs no database, for that may be what failed."""
    context = {"title": "Something broke on our side", "text": "It has been logged. Try again in a moment."}
    template = "components/error.html" if request.headers.get("HX-Request") else "500.html"
    return render(request, template, context, status=500)


def _template(request: HttpRequest) -> str:
    return "components/error.html" if request.headers.get("HX-Request") else "errors/page.html"
