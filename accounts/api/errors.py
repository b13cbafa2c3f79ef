"""Every error of the API in the one envelope (`accounts/errors.py`)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts.database_faults import unavailable
from accounts.errors import FieldError, Moved, PlumblineError, envelope, note

CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler; None lets an unforeseen error become a logged 500."""
    set_rollback()
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif (fault := unavailable(error)) is not None:
        error = fault
    if isinstance(error, PlumblineError):
        note(error)
        response = Response(error.body, status=error.status, headers=error.headers)
        if error.status == 401:
            response["WWW-Authenticate"] = "Bearer"
        if isinstance(error, Moved):
            response["Location"] = error.path(context["request"].get_full_path())
        return response
    if isinstance(error, exceptions.APIException):
        return _from_rest_framework(error)
    return None


def _from_rest_framework(error: exceptions.APIException) -> Response:
    status = error.status_code
    fields = tuple(flatten(error.detail)) if isinstance(error, exceptions.ValidationError) else ()
    message = "The request has invalid fields." if fields else str(error.detail)
    response = Response(envelope(CODES.get(status, "error"), message, fields), status=status)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(round(wait))
    return response


def flatten(detail: Any, path: str = "") -> list[FieldError]:
    """REST framework's nested error lists as a flat list of dotted paths."""
    if isinstance(detail, dict):
        return [
            item for key, value in detail.items() for item in flatten(value, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(detail, list):
        if all(not isinstance(value, dict | list) for value in detail):
            return [FieldError(path or "body", " ".join(str(value) for value in detail))]
        return [item for index, value in enumerate(detail) for item in flatten(value, f"{path}.{index}")]
    return [FieldError(path or "body", str(detail))]
