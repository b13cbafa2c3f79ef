from django.urls import path

from inference.views import jobs

urlpatterns = [
    path("o/<slug:organization>/jobs/", jobs.listing, name="jobs"),
    path("o/<slug:organization>/jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("o/<slug:organization>/jobs/<uuid:job_id>/cancel/", jobs.cancel, name="job_cancel"),
]
