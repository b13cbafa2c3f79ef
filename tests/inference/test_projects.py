"""Of which project a job is, and who may know of it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Reservation, UsageDay
from accounts.permissions import Scope
from inference.choices import Status
from inference.models import Job
from inference.providers.base import Usage
from inference.services import finishing, leases
from inference.services.outcomes import Outcome
from tests import factories

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/inference/jobs/"
BODY = {"task": "summarize", "input": {"text": "One sentence. And another."}}


def client_of(organization, **more: Any) -> APIClient:
    factories.SecretKeyFactory(organization=organization, text="pls_a", scopes=[Scope.INFERENCE], **more)
    return APIClient(headers={"Authorization": "Bearer pls_a"})


def test_a_job_is_of_the_project_that_it_names(organization, project):
    answer = client_of(organization).post(JOBS, {**BODY, "project": "shop"}, format="json")

    assert answer.status_code == 202
    assert Job.objects.get().project == project


@pytest.mark.parametrize("slug", ["theirs", "none"])
def test_a_project_that_is_not_there_is_named_as_the_fault(organization, slug):
    factories.ProjectFactory.create(slug="theirs")

    answer = client_of(organization).post(JOBS, {**BODY, "project": slug}, format="json")

    assert answer.status_code == 400
    assert answer.json()["error"]["fields"][0]["field"] == "project"


def test_a_key_for_one_project_runs_jobs_of_that_one_and_for_several_names_one(organization, project):
    other = factories.ProjectFactory.create(organization=organization, slug="blog")
    client = client_of(organization, project_ids=[project.pk])

    assert client.post(JOBS, BODY, format="json").status_code == 202
    assert Job.objects.get().project == project
    assert client.post(JOBS, {**BODY, "project": "blog"}, format="json").status_code == 400
    type(project.organization.secret_keys.get()).objects.update(project_ids=[project.pk, other.pk])
    assert client.post(JOBS, BODY, format="json").status_code == 400
    assert client.post(JOBS, {**BODY, "project": "blog"}, format="json").status_code == 202


def test_jobs_of_a_limited_project_are_not_there_for_others(client, organization, project, owner, teammate):
    type(project).objects.update(is_limited=True)
    hidden = factories.JobFactory.create(organization=organization, project=project)
    shown = factories.JobFactory.create(organization=organization)

    client.force_login(teammate)
    assert client.get(f"{JOBS}{hidden.pk}/").status_code == 404
    assert client.get(f"/o/acme/jobs/{hidden.pk}/").status_code == 404
    assert client.get(f"{JOBS}{shown.pk}/").status_code == 200
    page = client.get("/o/acme/jobs/").content.decode()
    assert str(shown.pk) in page
    assert str(hidden.pk) not in page
    client.force_login(owner)
    assert str(hidden.pk) in client.get("/o/acme/jobs/").content.decode()
    key = client_of(organization, project_ids=[factories.ProjectFactory.create(organization=organization).pk])
    assert [job["id"] for job in key.get(JOBS).json()["results"]] == [str(shown.pk)]


def test_what_it_used_is_the_projects_in_the_ledger(organization, project, llm):
    factories.LanguageModelFactory.create(model="gpt-test")
    client = client_of(organization)
    body = {"task": "generate", "input": {"prompt": "Why?"}, "provider": "openai", "project": "shop"}
    client.post(JOBS, body, format="json")
    held = Reservation.objects.get()
    (job,) = leases.take(owner="one", limit=1, lease=30)

    finishing.finish(
        job=job, outcome=Outcome(Status.SUCCEEDED, "Yes.", calls=(factories.call_record(Usage(9, 9)),))
    )

    assert (held.project_id, held.secret_key_id) == (project.pk, job.created_with_id)
    assert set(UsageDay.objects.values_list("project_id", flat=True)) == {project.pk}


def test_a_job_may_not_spend_more_than_is_left_of_its_project(organization, project, llm):
    factories.LanguageModelFactory.create(model="gpt-test")
    factories.SpendingCapFactory.create(organization=organization, project_id=project.pk, amount=0)
    body = {"task": "generate", "input": {"prompt": "Why?"}, "provider": "openai"}
    client = client_of(organization)

    refused = client.post(JOBS, {**body, "project": "shop"}, format="json")

    assert (refused.status_code, refused.json()["error"]["of"]) == (402, "project")
    assert client.post(JOBS, body, format="json").status_code == 202
