from django.urls import path

from analytics.api.query import ProjectListView, ProjectView, QueryView

urlpatterns = [
    path("projects/", ProjectListView.as_view(), name="api_projects"),
    path("projects/<int:project_id>/", ProjectView.as_view(), name="api_project"),
    path("projects/<int:project_id>/query/", QueryView.as_view(), name="api_query"),
]
