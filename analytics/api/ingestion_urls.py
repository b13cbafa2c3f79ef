from django.urls import URLPattern, URLResolver, path, re_path

from analytics.api.ingestion import EventsView, ProtocolView
from analytics.api.plausible_stats import PlausibleStatsView
from analytics.ingestion.protocols import plausible, posthog, segment, umami, wire


def _routes(name: str, protocol: wire.Protocol) -> URLPattern:
    """The paths of a protocol, with and without a last slash; `name` stands for them where routes are listed."""
    paths = "|".join(sorted(path.removeprefix("/") for path in protocol.PATHS))
    return re_path(rf"^(?P<{name}>{paths})/?$", ProtocolView.as_view(), name=name)


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/events/", EventsView.as_view(), name="events"),
    path("api/v2/query", PlausibleStatsView.as_view(), name="plausible_stats"),
    _routes("segment", segment),
    _routes("posthog", posthog),
    _routes("plausible", plausible),
    _routes("umami", umami),
    re_path(r"^array/(?P<key>[^/]+)/config(?:\.js)?/?$", ProtocolView.as_view(), name="posthog_settings"),
]
