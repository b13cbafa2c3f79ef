"""The rules that hold for jobs: a project's own, else those of its organization."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.models import Project
from inference.choices import Personal
from inference.models import Policy


@dataclass(frozen=True, slots=True)
class Rules:
    """For how many days content is kept (None for ever, 0 not at all), and what providers never see."""

    keep_days: int | None = None
    redact: tuple[Personal, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectRules:
    """A project, and its own rules where it has any."""

    project: Project
    own: Rules | None


def rules_of(*, organization_id: int, project_id: int | None) -> Rules:
    """Those that hold for a job."""
    known = {policy.project_id: policy for policy in Policy.objects.filter(organization_id=organization_id)}
    found = known.get(project_id) or known.get(None)
    return _rules(found) if found else Rules()


def by_project(projects: Sequence[Project]) -> list[ProjectRules]:
    """Of each of these."""
    own = {policy.project_id: _rules(policy) for policy in Policy.objects.filter(project__in=projects)}
    return [ProjectRules(project, own.get(project.pk)) for project in projects]


def _rules(policy: Policy) -> Rules:
    return Rules(policy.keep_days, tuple(Personal(kind) for kind in policy.redact))
