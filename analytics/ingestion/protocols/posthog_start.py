"""What PostHog's libraries ask before they start, answered: nothing is switched on here but sending events."""

import json
import re
from typing import Any

from analytics.ingestion.protocols import wire

FLAGS = frozenset({"/decide", "/flags"})
# Where posthog-js looks up its settings, as JSON and as a script.
CONFIG = re.compile(r"/array/(?P<key>[^/]{1,200})/config(?P<script>\.js)?")

_SETTINGS: dict[str, Any] = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "analytics": {"endpoint": "/i/v0/e/"},
    "elementsChainAsString": True,
    "autocapture_opt_out": False,
    "autocaptureExceptions": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "defaultIdentifiedOnly": True,
    "heatmaps": False,
    "sessionRecording": False,
    "surveys": False,
    "siteApps": [],
    "isAuthenticated": False,
    "toolbarParams": {},
}


def flags() -> wire.Reply:
    """No flags, in every version of the answer at once."""
    none: dict[str, Any] = {
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": False,
    }
    return wire.json_reply(_SETTINGS | {"config": {"enable_collect_everything": True}} | none)


def settings(path: str) -> wire.Reply | None:
    """The settings at an address; None where it is no address of settings."""
    found = CONFIG.fullmatch(path)
    if found is None:
        return None
    answer = {"token": found["key"], **_SETTINGS}
    if not found["script"]:
        return wire.json_reply(answer)
    # JSON escapes what is not ASCII, and this what could end a script element.
    key, value = (json.dumps(part).replace("<", "\\u003c") for part in (found["key"], answer))
    known = "window._POSTHOG_REMOTE_CONFIG"
    script = f"({known}={known}||{{}})[{key}]={{config:{value},siteApps:[]}};"
    return wire.Reply(200, script.encode(), {"Content-Type": "application/javascript; charset=utf-8"})
