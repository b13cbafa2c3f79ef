"""Filters of the list of jobs."""

from django_filters import rest_framework as filters

from inference.choices import Status, Task
from inference.models import Job


class JobFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=Status)
    task = filters.MultipleChoiceFilter(choices=Task)

    class Meta:
        model = Job
        fields = ("status", "task")
