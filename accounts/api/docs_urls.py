"""The API's own description: as OpenAPI for machines, as pages for people."""

from django.urls import path
from drf_spectacular.views import SpectacularSwaggerSplitView

from accounts.api.schema import SchemaView

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    # The split view keeps its script in a request of its own: the content security policy allows none in the page.
    path("docs/", SpectacularSwaggerSplitView.as_view(), name="api_docs"),
]
