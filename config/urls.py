"""The routes of all apps."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from accounts.views import confirm

# Staff log in like everybody else, with rate limits and second factors; the admin's own login has neither.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    # In front of allauth's own, which it stands in for.
    path("accounts/confirm-email/", confirm.page, name="account_email_verification_sent"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("", include("accounts.api.health_urls")),
    path("api/", include("accounts.api.docs_urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("analytics.api.urls")),
    path("api/v1/", include("inference.api.urls")),
    path("", include("analytics.api.ingestion_urls")),
    path("v1/", include("inference.api.openai_urls")),
    path("", include("inference.urls")),
    path("", include("analytics.urls")),
    path("", include("accounts.urls")),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
