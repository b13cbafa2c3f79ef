from django.urls import path

from accounts.views import organizations, settings, styleguide

urlpatterns = [
    path("organizations/new/", organizations.new, name="organization_new"),
    path("o/<slug:organization>/settings/keys/", settings.keys, name="settings_keys"),
    path("o/<slug:organization>/settings/keys/<int:key>/revoke/", settings.revoke_key, name="secret_key_revoke"),
    path("o/<slug:organization>/settings/members/", settings.members, name="settings_members"),
    path("styleguide/", styleguide.show, name="styleguide"),
]
