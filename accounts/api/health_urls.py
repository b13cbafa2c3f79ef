from django.urls import path

from accounts.api.health import Healthz, Readyz

urlpatterns = [
    path("healthz", Healthz.as_view(), name="healthz"),
    path("readyz", Readyz.as_view(), name="readyz"),
]
