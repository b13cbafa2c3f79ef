"""The browser snippet (docs/browser.md) at an address that never changes, for pages of any origin."""

import functools
import gzip
import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import condition, require_safe

# A new version reaches every page within the hour; the old one serves while the new one is fetched.
HEADERS = {
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@dataclass(frozen=True, slots=True)
class Script:
    """What is sent: the source without its comments and indentation, plain and in gzip."""

    plain: bytes
    packed: bytes
    digest: str


@functools.cache
def script() -> Script:
    source = (settings.ROOT / "static" / "plumbline.js").read_text(encoding="utf-8")
    lines = (line.strip() for line in source.splitlines())
    plain = "".join(f"{line}\n" for line in lines if line and not line.startswith("//")).encode()
    return Script(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:16])


def _takes_gzip(request: HttpRequest) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


def _etag(request: HttpRequest) -> str:
    return f'"{script().digest}{"-gzip" if _takes_gzip(request) else ""}"'


@require_safe
@condition(etag_func=_etag)
def snippet(request: HttpRequest) -> HttpResponse:
    packed = _takes_gzip(request)
    body = script().packed if packed else script().plain
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8", headers=HEADERS)
    if packed:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
