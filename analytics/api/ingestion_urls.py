from django.urls import URLPattern, URLResolver, path, re_path

from analytics.api.ingestion import EventsView, ProtocolView
from analytics.ingestion.protocols import segment

_ROUTES = "|".join(sorted(segment.ROUTES))

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/events/", EventsView.as_view(), name="events"),
    re_path(rf"^v1/(?P<route>{_ROUTES})/?$", ProtocolView.as_view(), name="segment"),
]
