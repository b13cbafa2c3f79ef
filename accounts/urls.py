from django.urls import path

from accounts.views import organizations, styleguide

urlpatterns = [
    path("organizations/new/", organizations.new, name="organization_new"),
    path("styleguide/", styleguide.show, name="styleguide"),
]
