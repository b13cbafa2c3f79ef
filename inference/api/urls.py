from django.urls import path

from inference.api.views import CancelView, JobsView, JobView

urlpatterns = [
    path("inference/jobs/", JobsView.as_view(), name="api_jobs"),
    path("inference/jobs/<uuid:job_id>/", JobView.as_view(), name="api_job"),
    path("inference/jobs/<uuid:job_id>/cancel/", CancelView.as_view(), name="api_job_cancel"),
]
