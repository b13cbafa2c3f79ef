"""The faults of providers, translated: stable codes, our own words, no secret and nobody else's text."""

import math
import re
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import httpx2

from inference.providers import base
from inference.providers.transport import NotPublic, Unreadable

# What the transport raises, as it is or inside an SDK's own error.
OF_TRANSPORT = (httpx2.RequestError, aiohttp.ClientError, OSError)
# What reading an answer raises that is not as its API says.
OF_CONTENT = (ValueError, TypeError, AttributeError, KeyError, IndexError)

# Keys and account names that providers quote in their messages.
_SECRETS = re.compile(r"(?:\b(?:sk|pk|rk|org|proj|key)[-_][\w*.…-]{3,})|(?:Bearer\s+\S+)", re.IGNORECASE)
# Why nothing answered, and whether it may in a minute.
_CERTIFICATE = (ssl.SSLCertVerificationError, aiohttp.ClientConnectorCertificateError)
_UNREACHABLE: tuple[tuple[tuple[type[BaseException], ...], str, bool], ...] = (
    ((NotPublic,), "its address is not one of the internet, which this installation does not allow", False),
    (_CERTIFICATE, "its certificate is not valid", False),
    ((ssl.SSLError,), "no secure connection could be made", False),
    ((aiohttp.ClientConnectorDNSError,), "its name has no address", True),
)
# How providers say that a request is longer than their model reads.
_TOO_LONG = ("prompt is too long", "context_length", "context length", "context window")


def scrubbed(message: str, key: str) -> str:
    """Without the key, and without what looks like one."""
    return _SECRETS.sub("…", message.replace(key, "…") if key else message)


def of_transport(name: str, error: BaseException, *, begun: bool) -> base.ProviderError:
    """No answer came, or its rest did not: `begun` where the head of one was there."""
    causes = list(_causes(error))
    if unreadable := next((cause for cause in causes if isinstance(cause, Unreadable)), None):
        return base.malformed(name, str(unreadable))
    if begun:
        return base.cut(name)
    for kinds, why, retryable in _UNREACHABLE:
        if any(isinstance(cause, kinds) for cause in causes):
            return base.unreachable(name, why, retryable=retryable)
    return base.unreachable(name)


def of_status(
    name: str, *, status: int, body: object, kind: str, headers: Mapping[str, str], key: str
) -> base.ProviderError:
    """The failure that an HTTP status, or the provider's own word for it, stands for.

    Only where the request itself is at fault the provider's own words are given on, since they speak of it.
    """
    message = scrubbed(message_of(body), key)
    code, retryable, elsewhere = _classify(status, kind, message)
    sentences = {
        "credentials": f"{name} did not accept the configured API key.",
        "quota": f"{name} says that its account has no credit left.",
        "rate_limited": f"{name} is asked too much at the moment.",
        "overloaded": f"{name} is overloaded at the moment.",
        "provider_failed": f"{name} failed (HTTP {status})." if status >= 400 else f"{name} failed.",
        "unreachable": f"{name} answers with a redirect, which is not followed: its address is not the final one.",
        "refused": f"{name} refused to answer this.",
    }
    fallback = f"{name} did not accept the request (HTTP {status})."
    own = f"{name}: {message}" if message else fallback
    return base.ProviderError(
        code,
        sentences.get(code, own),
        retryable=retryable,
        elsewhere=elsewhere,
        retry_after=retry_after(headers) if retryable else None,
    )


def message_of(body: object) -> str:
    """What an error object says; nothing where there is none, as on a web page."""
    found: Any = body.get("error", body) if isinstance(body, dict) else None
    message = found.get("message") if isinstance(found, dict) else found if isinstance(found, str) else None
    return message if isinstance(message, str) else ""


def _classify(status: int, kind: str, message: str) -> tuple[str, bool, bool]:
    """Code, whether the same again may help, and whether another model may."""
    words = f"{kind} {message}".lower()
    named = {word for word in kind.split() if word}
    too_long = status == 413 or any(said in words for said in _TOO_LONG)
    filtered = bool(named & {"content_filter", "content_policy_violation"})
    # An error inside a stream has no status of its own: it is the server's failure unless its type says else.
    failed = status in {408, 409} or status >= 500 or "api_error" in named
    failed = failed or (status < 300 and not named & {"invalid_request_error", "not_found_error"})
    rules = (
        ("refused", False, False, filtered),
        ("credentials", False, True, status in {401, 403} or named & {"authentication_error", "permission_error"}),
        ("quota", False, True, status == 402 or "insufficient_quota" in words or "billing_error" in named),
        ("rate_limited", True, True, status == 429 or "rate_limit_error" in named),
        ("overloaded", True, True, status in {503, 529} or "overloaded_error" in named),
        ("too_long", False, False, too_long),
        ("provider_failed", True, True, failed),
        ("unreachable", False, True, 300 <= status < 400),
        ("unknown_model", False, True, status == 404 or "not_found_error" in named),
        ("rejected", False, False, True),
    )
    return next((code, retryable, elsewhere) for code, retryable, elsewhere, holds in rules if holds)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """In seconds: OpenAI's and Anthropic's own header in milliseconds, else the standard's seconds or date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        seconds = _number(headers.get(name, ""))
        if seconds is not None:
            return max(0.0, seconds / unit)
    return _until(headers.get("retry-after", ""))


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _until(text: str) -> float | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came of, the exceptions that aiohttp keeps inside its own included."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = getattr(found, "os_error", None) or getattr(found, "certificate_error", None)
        waiting += [found.__cause__, found.__context__, inner if isinstance(inner, BaseException) else None]
