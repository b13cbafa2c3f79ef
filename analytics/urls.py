from django.urls import include, path

from analytics.views import overview, projects

of_a_project = [
    path("", overview.page, name="overview"),
]

urlpatterns = [
    path("", projects.home, name="home"),
    path("o/<slug:organization>/", projects.organization, name="organization"),
    path("o/<slug:organization>/projects/new/", projects.new, name="project_new"),
    path("o/<slug:organization>/p/<slug:project>/", include(of_a_project)),
]
