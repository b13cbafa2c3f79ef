"""Browser, system and device of a user agent, and whether it is a bot."""

import functools
import re
from dataclasses import dataclass

import ua_parser

# More is never a real browser's, and bounds what its regular expressions can cost.
MAX_LENGTH = 512
_CACHED = 8192

# One name for a browser on every device: the device has its own column.
_BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Android WebView",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "IE": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari WebView",
    "Opera Mobile": "Opera",
    "Android": "Android Browser",
}
_SYSTEMS = {"Mac OS X": "macOS"}
_DESKTOP_SYSTEMS = {
    "Windows", "macOS", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD", "OpenBSD", "NetBSD",
    "Red Hat", "SUSE", "CentOS", "Gentoo", "Arch Linux", "Linux Mint", "Kubuntu", "Solaris", "Mandriva",
}  # fmt: skip
_MOBILE_SYSTEMS = {"iOS", "Android", "Windows Phone", "BlackBerry OS", "KaiOS", "HarmonyOS", "Symbian OS"}
_TABLET = re.compile(r"iPad|Tablet|Kindle|Silk/|PlayBook", re.IGNORECASE)
# Crawlers, feed readers and programs: what fetches without a person looking. (Cubot makes telephones.)
_BOT = re.compile(
    r"(?<!cu)bot\b|bot[/;_-]|crawl|spider|slurp|headless|lighthouse|monitor|fetch|feed|\brss|\bscan|preview\b|"
    r"^(?:ruby|perl|python|java|php|lynx|links)\b|python-|curl/|wget|libwww|http_?client|http_request|okhttp|"
    r"go-http|https?://",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Agent:
    """Names as shown; each empty where unknown. `device` is Desktop, Mobile, Tablet or Other."""

    browser: str = ""
    os: str = ""
    device: str = ""
    is_bot: bool = False


def parse(user_agent: str) -> Agent:
    """What a user agent says of itself. An empty one says nothing, and is not a bot."""
    return _parse(user_agent[:MAX_LENGTH]) if user_agent else Agent()


@functools.lru_cache(_CACHED)
def _parse(user_agent: str) -> Agent:
    found = ua_parser.parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    system = _SYSTEMS.get(system, system)
    is_spider = found.device is not None and found.device.family == "Spider"
    return Agent(
        browser=_BROWSERS.get(browser, browser),
        os=system,
        device=_device(user_agent, system),
        is_bot=is_spider or _BOT.search(user_agent) is not None,
    )


def _device(user_agent: str, system: str) -> str:
    # Android says Mobile on telephones only.
    if _TABLET.search(user_agent) or (system == "Android" and "Mobile" not in user_agent):
        return "Tablet"
    if system in _MOBILE_SYSTEMS or "Mobi" in user_agent:
        return "Mobile"
    return "Desktop" if system in _DESKTOP_SYSTEMS else "Other"
