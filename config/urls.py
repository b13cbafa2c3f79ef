"""The routes of all apps."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("", include("accounts.api.health_urls")),
    path("api/", include("accounts.api.docs_urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("analytics.api.urls")),
    path("api/v1/", include("inference.api.urls")),
    path("", include("analytics.api.ingestion_urls")),
    path("", include("inference.urls")),
    path("", include("analytics.urls")),
    path("", include("accounts.urls")),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
