from django.urls import include, path

from analytics.views import (
    definitions,
    drops,
    live,
    overview,
    privacy,
    projects,
    settings,
    snippet,
    start,
    tables,
    usage,
)

of_a_project = [
    path("", overview.page, name="overview"),
    path("arrived/", start.arrived, name="arrived"),
    path("start/", start.create_key, name="start"),
    path("panels/<slug:region>/", overview.panel, name="overview_panel"),
    path("tables/<slug:panel>/", tables.table, name="overview_table"),
    path("tables/<slug:panel>.csv", tables.table_csv, name="overview_table_csv"),
    path("chart.csv", tables.chart_csv, name="overview_chart_csv"),
    path("chart.svg", tables.chart_svg, name="overview_chart_svg"),
    path("live/", live.page, name="live"),
    path("live/events/", live.events, name="live_events"),
    path("data/", definitions.events, name="data_events"),
    path("data/events/<int:event_id>/", definitions.event, name="data_event"),
    path("data/properties/", definitions.properties, name="data_properties"),
    path("data/properties/<int:property_id>/", definitions.property_, name="data_property"),
    path("settings/", settings.page, name="project_settings"),
    path("settings/privacy/", privacy.page, name="privacy"),
    path("settings/privacy/export/", privacy.export, name="person_export"),
    path("settings/privacy/erase/", privacy.erase, name="person_erase"),
    path("settings/privacy/erasures/<uuid:erasure>/", privacy.receipt, name="erasure"),
    path("settings/drops.csv", drops.drops_csv, name="drops_csv"),
    path("settings/keys/", settings.create_key, name="write_key_new"),
    path("settings/keys/<int:key>/revoke/", settings.revoke_key, name="write_key_revoke"),
    path("settings/sites/", settings.add_site, name="site_new"),
    path("settings/sites/<int:site>/remove/", settings.remove_site, name="site_remove"),
]

urlpatterns = [
    path("plumbline.js", snippet.snippet, name="snippet"),
    path("", projects.home, name="home"),
    path("o/<slug:organization>/", projects.organization, name="organization"),
    path("o/<slug:organization>/settings/usage/", usage.page, name="settings_usage"),
    path("o/<slug:organization>/settings/usage.csv", usage.page_csv, name="settings_usage_csv"),
    path("o/<slug:organization>/quota/dismiss/", usage.dismiss_notice, name="quota_notice_dismiss"),
    path("o/<slug:organization>/projects/new/", projects.new, name="project_new"),
    path("o/<slug:organization>/p/<slug:project>/", include(of_a_project)),
]
