from django.urls import include, path

from analytics.views import live, projects, settings, start

of_a_project = [
    path("", start.page, name="overview"),
    path("arrived/", start.arrived, name="arrived"),
    path("start/", start.create_key, name="start"),
    path("live/", live.page, name="live"),
    path("live/events/", live.events, name="live_events"),
    path("settings/", settings.page, name="project_settings"),
    path("settings/keys/", settings.create_key, name="write_key_new"),
    path("settings/keys/<int:key>/revoke/", settings.revoke_key, name="write_key_revoke"),
]

urlpatterns = [
    path("", projects.home, name="home"),
    path("o/<slug:organization>/", projects.organization, name="organization"),
    path("o/<slug:organization>/projects/new/", projects.new, name="project_new"),
    path("o/<slug:organization>/p/<slug:project>/", include(of_a_project)),
]
