"""What no view answered: the API's envelope under the API's addresses, a page elsewhere."""

import sys

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views import defaults

from accounts.database_faults import unavailable
from accounts.errors import envelope
from accounts.views import errors as pages

API_PREFIXES = ("/api/", "/v1/", "/healthz", "/readyz")


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PREFIXES)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    if is_api(request):
        return JsonResponse(envelope("not_found", f"There is no {request.path} here."), status=404)
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400, e.g. for a body over the roof of all limits."""
    if is_api(request):
        return JsonResponse(envelope("invalid", "The request cannot be understood."), status=400)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500; the error itself is in the log, under the answer's `X-Request-ID`.

    Without the database nothing is broken on our side: that is a 503, which says when to come back.
    """
    fault = unavailable(sys.exception())
    if fault is not None and is_api(request):
        return JsonResponse(fault.body, status=fault.status, headers=fault.headers)
    if fault is not None:
        return pages.unavailable(request, fault)
    if is_api(request):
        return JsonResponse(envelope("error", "Something broke on our side. It has been logged."), status=500)
    return pages.server_error(request)
