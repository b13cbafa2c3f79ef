"""The rules that hold for jobs: a project's own, else those of its organization."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from analytics.models import Project
from inference.choices import Personal
from inference.models import Policy

# Asked for every job, so by hand: to write it takes Django several times as long as to answer it.
_RULES = """
SELECT keep_days, redact FROM inference_policy
WHERE organization_id = %s AND (project_id = %s OR project_id IS NULL)
ORDER BY project_id NULLS LAST LIMIT 1
"""


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
    with connection.cursor() as cursor:
        cursor.execute(_RULES, [organization_id, project_id])
        found = cursor.fetchone()
    return _rules(*found) if found else Rules()


def by_project(projects: Sequence[Project]) -> list[ProjectRules]:
    """Of each of these."""
    own = {
        policy.project_id: _rules(policy.keep_days, policy.redact)
        for policy in Policy.objects.filter(project__in=projects)
    }
    return [ProjectRules(project, own.get(project.pk)) for project in projects]


def _rules(keep_days: int | None, redact: Sequence[str]) -> Rules:
    return Rules(keep_days, tuple(Personal(kind) for kind in redact))
