from django.urls import path

from analytics.api.query import ProjectListView, ProjectView, QueryView
from analytics.api.usage import DropsView, UsageView

urlpatterns = [
    path("projects/", ProjectListView.as_view(), name="api_projects"),
    path("projects/<int:project_id>/", ProjectView.as_view(), name="api_project"),
    path("projects/<int:project_id>/query/", QueryView.as_view(), name="api_query"),
    path("projects/<int:project_id>/drops/", DropsView.as_view(), name="api_drops"),
    path("organizations/<slug:organization>/usage/", UsageView.as_view(), name="api_usage"),
]
