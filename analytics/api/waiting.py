"""How long a client wants to wait: the header `Prefer` (RFC 7240)."""

import re

from rest_framework.request import Request

LONGEST_SECONDS = 30.0


def seconds_to_wait(request: Request, *, otherwise: float) -> float:
    """Of `wait=N` as many, 30 at most; none with `respond-async` alone."""
    preferences = request.headers.get("Prefer", "").lower()
    wanted = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", preferences)
    if wanted:
        return min(float(wanted[1]), LONGEST_SECONDS)
    return 0.0 if "respond-async" in preferences else otherwise
