"""Request ids on all answers and log lines; what a key has left; when sessions were last seen; errors as pages."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from accounts.allowance import Allowance
from accounts.errors import Moved, PlumblineError, Unauthenticated, note
from accounts.views import errors

# How stale "last seen" of a session may be, in seconds: a write for each request would cost more than it tells.
SEEN_RESOLUTION = 300
_SEEN = "last_seen"
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Takes `X-Request-ID` from a proxy where it is well-formed, else makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class AllowanceMiddleware:
    """What a key with a limit has left, on the answers to it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        allowance = getattr(request, "allowance", None)
        if isinstance(allowance, Allowance):
            for name, value in allowance.headers.items():
                response[name] = value
        return response


class SessionSeenMiddleware:
    """Notes when and from where the session of somebody who is logged in was last seen, every few minutes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = time.time()
        if request.session.session_key and now - request.session.get(_SEEN, 0) > SEEN_RESOLUTION:
            self._note(request, now)
        return self.get_response(request)

    def _note(self, request: HttpRequest, now: float) -> None:
        if request.user.is_authenticated:
            UserSession.objects.create_from_request(request)
            request.session[_SEEN] = now


class ErrorPagesMiddleware:
    """Domain errors that a view lets through become pages; who is not logged in goes to the login.

    The HTTP API answers its own errors before they come here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Unauthenticated):
            return errors.to_login(request)
        if isinstance(exception, Moved):
            return errors.moved(request, exception)
        if isinstance(exception, PlumblineError):
            note(exception)
            return errors.page(request, exception)
        return None
