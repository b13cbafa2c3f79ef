"""The first page of the staff admin: a few numbers of all apps, each a way to its list."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model, Sum
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Organization, User
from analytics.models import Project, Segment
from inference.models import Job


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and the address of the rows behind it."""

    title: str
    value: int
    address: str


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: adds `figures`, each for those who may see its rows."""
    return {**context, "figures": figures(request)}


def figures(request: HttpRequest) -> list[Figure]:
    found: list[Figure] = []
    if _sees(request, Organization):
        found.append(Figure("Organizations", Organization.objects.count(), _list(Organization)))
    if _sees(request, User):
        found.append(Figure("Active people", User.objects.filter(is_active=True).count(), _list(User)))
    if _sees(request, Project):
        found.append(Figure("Projects", Project.objects.count(), _list(Project)))
    if _sees(request, Segment):
        stored = Segment.objects.live().aggregate(events=Sum("rows", default=0))["events"]
        found.append(Figure("Events stored", stored, _list(Segment)))
    if _sees(request, Job):
        found += _jobs()
    return found


def _jobs() -> list[Figure]:
    counts = Job.objects.order_by("status").values_list("status").annotate(Count("pk"))
    return [Figure(f"Jobs {status}", count, f"{_list(Job)}?status__exact={status}") for status, count in counts]


def _sees(request: HttpRequest, model: type[Model]) -> bool:
    return request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def _list(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
