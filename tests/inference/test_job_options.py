"""What a job can be given beside its input, and what that does: project, priority, expiry, metadata."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import keys
from accounts.models import Reservation
from accounts.permissions import Role, Scope
from inference.choices import Priority, Status
from inference.models import Job
from inference.services import finishing, jobs, leases
from inference.services.outcomes import Outcome
from tests import factories
from tests.factories import JobFactory, MembershipFactory, OrganizationFactory, ProjectFactory

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/inference/jobs/"
SUMMARIZE: dict[str, Any] = {"task": "summarize", "input": {"text": "One sentence. And another."}}


def bearer(organization, **fields: Any) -> APIClient:
    text = keys.generate(keys.SECRET_PREFIX)
    factories.SecretKeyFactory.create(organization=organization, text=text, scopes=[Scope.INFERENCE], **fields)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


@pytest.fixture
def client(organization) -> APIClient:
    return bearer(organization)


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_job_keeps_what_it_is_given(client, project) -> None:
    given = {"project": "shop", "priority": "high", "expires_in": 60, "metadata": {"order": "7"}}

    body = client.post(JOBS, SUMMARIZE | given).json()

    job = Job.objects.get()
    assert job.project == project
    assert (job.priority, job.metadata) == (Priority.HIGH, {"order": "7"})
    assert job.expires_at == job.created_at + timedelta(seconds=60)
    assert (body["project"], body["priority"], body["metadata"]) == (project.pk, "high", {"order": "7"})


def test_a_project_is_named_by_its_id_as_well(client, project) -> None:
    for name in (project.pk, str(project.pk)):
        assert client.post(JOBS, SUMMARIZE | {"project": name}).json()["project"] == project.pk


def test_without_options_a_job_is_of_the_organization_and_normal(client) -> None:
    body = client.post(JOBS, SUMMARIZE).json()

    found = (body["project"], body["priority"], body["metadata"], body["expires_at"])
    assert found == (None, "normal", {}, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"project": "elsewhere"}, "project"),
        ({"project": 2**63}, "project"),
        ({"project": ""}, "project"),
        ({"project": True}, "project"),
        ({"priority": "urgent"}, "priority"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": 604_801}, "expires_in"),
        ({"metadata": {"n": 1}}, "metadata.n"),
        ({"metadata": {"n": "\x00"}}, "metadata.n"),
        ({"metadata": {"n": "x" * 513}}, "metadata.n"),
        ({"metadata": {f"n{number}": "" for number in range(17)}}, "metadata"),
    ],
)
def test_what_it_cannot_be_given_is_named(client, given, field) -> None:
    ProjectFactory(slug="elsewhere")

    response = client.post(JOBS, SUMMARIZE | given)

    assert response.status_code == 400
    assert [item["field"].removesuffix(".[key]") for item in response.json()["error"]["fields"]] == [field]
    assert not Job.objects.exists()


@pytest.fixture
def hidden(organization, project) -> Job:
    """A job of a limited project."""
    project.is_limited = True
    project.save()
    return JobFactory.create(organization=organization, project=project)


def test_a_job_of_a_limited_project_is_not_there_for_others(organization, hidden) -> None:
    analyst: Any = MembershipFactory(organization=organization, role=Role.ANALYST)
    theirs = browser(analyst.user)
    page = f"/o/acme/jobs/{hidden.pk}/"

    assert theirs.get(f"{JOBS}{hidden.pk}/").status_code == 404
    assert theirs.post(f"{JOBS}{hidden.pk}/cancel/").status_code == 404
    assert theirs.get(page).status_code == 404
    assert theirs.post(f"{page}cancel/").status_code == 404
    assert page not in theirs.get("/o/acme/jobs/").content.decode()

    hidden.project.chosen.create(membership=analyst)
    assert theirs.get(f"{JOBS}{hidden.pk}/").status_code == 200
    assert page in theirs.get("/o/acme/jobs/").content.decode()


def test_who_manages_projects_sees_its_jobs(owner, hidden) -> None:
    assert browser(owner).get(f"/o/acme/jobs/{hidden.pk}/").status_code == 200
    assert str(hidden.pk) in browser(owner).get("/o/acme/jobs/").content.decode()


def test_a_key_of_other_projects_neither_sees_nor_makes_them(organization, hidden) -> None:
    other = ProjectFactory.create(organization=organization, slug="other")
    client = bearer(organization, project_ids=[other.pk])
    seen = JobFactory.create(organization=organization, project=other)

    assert client.get(f"{JOBS}{hidden.pk}/").status_code == 404
    assert [row["id"] for row in client.get(JOBS).json()["results"]] == [str(seen.pk)]
    assert client.post(JOBS, SUMMARIZE | {"project": hidden.project.slug}).status_code == 400
    assert client.post(JOBS, SUMMARIZE | {"project": "other"}).status_code == 202


def test_an_idempotency_key_opens_no_job_of_a_project_that_is_hidden(organization, hidden) -> None:
    sees, other = bearer(organization), ProjectFactory.create(organization=organization)
    sees_not = bearer(organization, project_ids=[other.pk])
    body = SUMMARIZE | {"project": "shop"}
    assert sees.post(JOBS, body, headers={"Idempotency-Key": "once"}).status_code == 202

    assert sees_not.post(JOBS, body, headers={"Idempotency-Key": "once"}).status_code == 400


def take(limit: int = 10) -> list[Job]:
    return leases.take(owner="one", limit=limit, lease=30)


def test_the_urgent_go_before_the_old_within_an_organization(organization) -> None:
    now = timezone.now()
    low, old, high = (
        JobFactory.create(organization=organization, priority=priority, created_at=now - timedelta(minutes=age))
        for priority, age in ((Priority.LOW, 9), (Priority.NORMAL, 5), (Priority.HIGH, 1))
    )

    assert [take(1)[0].pk for _ in range(3)] == [high.pk, old.pk, low.pk]


def test_priority_takes_no_turn_from_another_organization(organization) -> None:
    JobFactory.create_batch(6, organization=organization, priority=Priority.HIGH)
    other: Any = OrganizationFactory()
    JobFactory.create_batch(2, organization=other, priority=Priority.LOW)

    taken = take(4)

    assert [job.organization_id for job in taken].count(other.pk) == 2


def late(**fields: Any) -> Job:
    return JobFactory.create(expires_at=timezone.now() - timedelta(seconds=1), **fields)


def test_what_has_not_begun_in_its_time_expires() -> None:
    first, again = late(), late(attempts=2, run_after=timezone.now() + timedelta(minutes=1))
    running = late(status=Status.RUNNING, lease_expires_at=timezone.now() + timedelta(minutes=1))
    in_time = JobFactory.create(expires_at=timezone.now() + timedelta(minutes=1))

    assert leases.expire() == 2

    found = {job.pk: job.status for job in Job.objects.all()}
    assert found == {first.pk: "expired", again.pk: "expired", running.pk: "running", in_time.pk: "queued"}
    assert all(job.finished_at for job in Job.objects.filter(status=Status.EXPIRED))
    assert leases.expire() == 0


def test_what_is_late_is_not_begun_any_more() -> None:
    late()

    assert take() == []


def test_a_job_that_began_in_time_ends_as_it_ends() -> None:
    JobFactory.create(expires_at=timezone.now() + timedelta(minutes=1))
    (job,) = take()
    Job.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert leases.expire() == 0
    assert finishing.finish(job=job, outcome=Outcome(Status.SUCCEEDED, output="Done."))


def test_an_expired_job_gives_back_what_was_held(organization, owner, llm) -> None:
    factories.LanguageModelFactory.create(model="gpt-test")
    body = {"task": "generate", "input": {"prompt": "Why?"}, "provider": "openai", "expires_in": 1}
    bearer(organization).post(JOBS, body)
    Job.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    leases.expire()

    assert Reservation.objects.get().state == "released"


def test_an_expired_job_says_so(client, organization) -> None:
    job = late(organization=organization)
    leases.expire()

    body = client.get(f"{JOBS}{job.pk}/").json()

    assert body["status"] == "expired"
    assert body["error"]["code"] == "expired"


def test_an_expired_job_cannot_be_cancelled_any_more(organization) -> None:
    job = late(organization=organization)
    leases.expire()

    assert jobs.cancel(job=job).status == Status.EXPIRED


def test_a_stream_ends_when_the_job_expires(run) -> None:
    job = JobFactory.create(expires_at=timezone.now() - timedelta(seconds=1))

    events = run(job)

    assert job.status == Status.EXPIRED
    assert [(event.name, event.data["code"]) for event in events] == [("error", "expired")]
