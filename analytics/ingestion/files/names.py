"""What other tools call browsers, systems and devices, as we call them."""

from collections.abc import Mapping

_DEVICES = {
    "desktop": "Desktop",
    "laptop": "Desktop",
    "smartphone": "Mobile",
    "phablet": "Mobile",
    "feature phone": "Mobile",
    "mobile": "Mobile",
    "tablet": "Tablet",
}
_BROWSERS = {
    "chrome": "Chrome",
    "chrome mobile": "Chrome",
    "chrome mobile ios": "Chrome",
    "crios": "Chrome",
    "chrome webview": "Android WebView",
    "chromium-webview": "Android WebView",
    "edge": "Edge",
    "edge-chromium": "Edge",
    "edge-ios": "Edge",
    "microsoft edge": "Edge",
    "firefox": "Firefox",
    "firefox mobile": "Firefox",
    "firefox mobile ios": "Firefox",
    "fxios": "Firefox",
    "ie": "Internet Explorer",
    "internet explorer": "Internet Explorer",
    "ios": "Safari",
    "ios-webview": "Safari WebView",
    "mobile safari": "Safari",
    "opera": "Opera",
    "opera mobile": "Opera",
    "safari": "Safari",
    "samsung": "Samsung Internet",
    "samsung browser": "Samsung Internet",
}
_SYSTEMS = {"mac": "macOS", "mac os": "macOS", "mac os x": "macOS", "gnu/linux": "Linux", "android os": "Android"}
_ABSENT = frozenset({"", "xx", "unknown", "unk"})


def known(values: Mapping[str, str]) -> dict[str, str]:
    """Columns of an event (browser, os, device, country, language) as another tool filled them, without what it
    did not know either.
    """
    found = {column: value.strip() for column, value in values.items()}
    found = {column: value for column, value in found.items() if value.lower() not in _ABSENT}
    return {column: _ours(column, value) for column, value in found.items()}


def _ours(column: str, value: str) -> str:
    folded = value.lower()
    if column == "device":
        return _DEVICES.get(folded, "Other")
    if column == "browser":
        return _BROWSERS.get(folded, value)
    if column == "country":
        return value.upper()
    if column == "os":
        return "Windows" if folded.startswith("windows ") else _SYSTEMS.get(folded, value)
    return value
