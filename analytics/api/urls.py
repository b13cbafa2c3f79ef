from django.urls import path

from analytics.api.cohorts import CohortComputeView, CohortMembersView, CohortsView, CohortView
from analytics.api.definitions import (
    EventDefinitionsView,
    EventDefinitionView,
    PropertyDefinitionsView,
    PropertyDefinitionView,
)
from analytics.api.erasures import ErasuresView, ErasureView, PersonExportView
from analytics.api.export import ExportView
from analytics.api.imports import ImportListView, ImportView
from analytics.api.insights import (
    InsightHistoryView,
    InsightRestoreView,
    InsightResultView,
    InsightsView,
    InsightView,
)
from analytics.api.people import GroupEventsView, GroupView, PersonEventsView, PersonView
from analytics.api.project_access import ProjectAccessView
from analytics.api.projects import ProjectListView, ProjectView
from analytics.api.queries import ExplainView, QueryRunView, QuerySchemaView, QueryView
from analytics.api.shares import SharesView, ShareView
from analytics.api.sites import SitesView, SiteView
from analytics.api.sql import SqlView
from analytics.api.usage import DropsView, UsageView

urlpatterns = [
    path("projects/", ProjectListView.as_view(), name="api_projects"),
    path("projects/<int:project_id>/", ProjectView.as_view(), name="api_project"),
    path("projects/<int:project_id>/access/", ProjectAccessView.as_view(), name="api_project_access"),
    path("projects/<int:project_id>/erasures/", ErasuresView.as_view(), name="api_erasures"),
    path("projects/<int:project_id>/erasures/<uuid:erasure_id>/", ErasureView.as_view(), name="api_erasure"),
    path(
        "projects/<int:project_id>/people/<path:person>/export/",
        PersonExportView.as_view(),
        name="api_person_export",
    ),
    path("query-schema/", QuerySchemaView.as_view(), name="api_query_schema"),
    path("projects/<int:project_id>/query/", QueryView.as_view(), name="api_query"),
    path("projects/<int:project_id>/query/explain/", ExplainView.as_view(), name="api_explain"),
    path("projects/<int:project_id>/query/<uuid:run_id>/", QueryRunView.as_view(), name="api_query_run"),
    path("projects/<int:project_id>/sql/", SqlView.as_view(), name="api_sql"),
    path("projects/<int:project_id>/insights/", InsightsView.as_view(), name="api_insights"),
    path("projects/<int:project_id>/insights/<uuid:insight_id>/", InsightView.as_view(), name="api_insight"),
    path(
        "projects/<int:project_id>/insights/<uuid:insight_id>/shares/",
        SharesView.as_view(),
        name="api_insight_shares",
    ),
    path(
        "projects/<int:project_id>/insights/<uuid:insight_id>/shares/<int:share_id>/",
        ShareView.as_view(),
        name="api_insight_share",
    ),
    path(
        "projects/<int:project_id>/insights/<uuid:insight_id>/result/",
        InsightResultView.as_view(),
        name="api_insight_result",
    ),
    path(
        "projects/<int:project_id>/insights/<uuid:insight_id>/history/",
        InsightHistoryView.as_view(),
        name="api_insight_history",
    ),
    path(
        "projects/<int:project_id>/insights/<uuid:insight_id>/restore/<int:number>/",
        InsightRestoreView.as_view(),
        name="api_insight_restore",
    ),
    path("projects/<int:project_id>/cohorts/", CohortsView.as_view(), name="api_cohorts"),
    path("projects/<int:project_id>/cohorts/<int:cohort_id>/", CohortView.as_view(), name="api_cohort"),
    path(
        "projects/<int:project_id>/cohorts/<int:cohort_id>/compute/",
        CohortComputeView.as_view(),
        name="api_cohort_compute",
    ),
    path(
        "projects/<int:project_id>/cohorts/<int:cohort_id>/members/",
        CohortMembersView.as_view(),
        name="api_cohort_members",
    ),
    path("projects/<int:project_id>/drops/", DropsView.as_view(), name="api_drops"),
    path("organizations/<slug:organization>/usage/", UsageView.as_view(), name="api_usage"),
    path("projects/<int:project_id>/export/", ExportView.as_view(), name="api_export"),
    path("projects/<int:project_id>/imports/", ImportListView.as_view(), name="api_imports"),
    path("projects/<int:project_id>/imports/<uuid:import_id>/", ImportView.as_view(), name="api_import"),
    path(
        "projects/<int:project_id>/definitions/events/",
        EventDefinitionsView.as_view(),
        name="api_event_definitions",
    ),
    path(
        "projects/<int:project_id>/definitions/events/<int:event_id>/",
        EventDefinitionView.as_view(),
        name="api_event_definition",
    ),
    path(
        "projects/<int:project_id>/definitions/properties/",
        PropertyDefinitionsView.as_view(),
        name="api_property_definitions",
    ),
    path(
        "projects/<int:project_id>/definitions/properties/<int:property_id>/",
        PropertyDefinitionView.as_view(),
        name="api_property_definition",
    ),
    path(
        "projects/<int:project_id>/people/<path:person>/events/",
        PersonEventsView.as_view(),
        name="api_person_events",
    ),
    path(
        "projects/<int:project_id>/groups/<path:group>/events/",
        GroupEventsView.as_view(),
        name="api_group_events",
    ),
    # Ids may hold slashes, so these two stay behind every longer address.
    path("projects/<int:project_id>/people/<path:person>/", PersonView.as_view(), name="api_person"),
    path("projects/<int:project_id>/groups/<path:group>/", GroupView.as_view(), name="api_group"),
    path("projects/<int:project_id>/sites/", SitesView.as_view(), name="api_sites"),
    path("projects/<int:project_id>/sites/<int:site_id>/", SiteView.as_view(), name="api_site"),
]
