"""What was asked and answered goes when its time is over, everywhere, and says so; the record of the job stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from redis import Redis
from rest_framework.test import APIClient

from accounts.permissions import Scope
from inference import news
from inference.choices import Personal, Status
from inference.entries import Cursor
from inference.models import Call, Job
from inference.queries.endings import ended
from inference.queries.rules import rules_of
from inference.services import retention
from tests.factories import JobFactory, OrganizationFactory, PolicyFactory, ProjectFactory, SecretKeyFactory

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/inference/jobs/"


def job(organization, age: timedelta = timedelta(days=10), **fields: Any) -> Job:
    """One that ended so long ago."""
    given: dict[str, Any] = {
        "status": Status.FAILED,
        "error_code": "refused",
        "error_message": "It would not speak of Ann.",
        "finished_at": timezone.now() - age,
        "input": {"text": "About Ann."},
        "output": "Ann is",
        "result": {"label": "Ann"},
        "redactions": "secret",
        "cache_key": "a" * 64,
        "metadata": {"order": "7"},
        "tokens_input": 5,
        "tokens_output": 3,
    }
    made = JobFactory.create(organization=organization, **given | fields)
    now = timezone.now()
    Call.objects.create(
        job=made,
        fence=1,
        number=1,
        provider=made.provider,
        model=made.model,
        started_at=now,
        finished_at=now,
        error_code="refused",
        error_message="It would not speak of Ann.",
    )
    return made


def removed() -> set[Any]:
    return set(Job.objects.exclude(content_removed_at=None).values_list("pk", flat=True))


def test_every_text_goes_and_the_record_stays(organization) -> None:
    PolicyFactory.create(organization=organization, keep_days=7)
    job(organization)

    assert retention.remove_due() == 1

    found = Job.objects.get()
    assert (found.input, found.output, found.result, found.redactions) == ({}, "", None, "")
    assert (found.error_message, found.cache_key) == ("", "")
    assert Call.objects.get().error_message == ""
    everything = str([Job.objects.values().get(), Call.objects.values().get()])
    assert "Ann" not in everything
    assert (found.status, found.error_code, found.metadata) == ("failed", "refused", {"order": "7"})
    assert (found.tokens_input, found.tokens_output) == (5, 3)
    assert found.content_removed_at
    assert retention.remove_due() == 0


@pytest.mark.parametrize(
    ("keep_days", "age", "goes"),
    [
        (None, timedelta(days=4_000), False),
        (7, timedelta(days=7, minutes=1), True),
        (7, timedelta(days=6, hours=23), False),
        (0, timedelta(minutes=6), True),
        (0, timedelta(minutes=4), False),
    ],
)
def test_it_goes_when_its_time_is_over(organization, keep_days, age, goes) -> None:
    PolicyFactory.create(organization=organization, keep_days=keep_days)
    job(organization, age)

    assert retention.remove_due() == int(goes)


def test_without_rules_everything_is_kept(organization) -> None:
    job(organization, timedelta(days=4_000))

    assert retention.remove_due() == 0


def test_what_has_not_ended_is_left_alone(organization) -> None:
    PolicyFactory.create(organization=organization, keep_days=0)
    JobFactory.create(organization=organization, created_at=timezone.now() - timedelta(days=9))

    assert retention.remove_due() == 0


def test_a_project_s_own_rules_stand_in_the_place_of_the_organization_s(organization, project) -> None:
    forever, brief = ProjectFactory.create_batch(2, organization=organization)
    PolicyFactory.create(organization=organization, keep_days=7)
    PolicyFactory.create(organization=organization, project=forever, keep_days=None)
    PolicyFactory.create(organization=organization, project=brief, keep_days=1)
    day = timedelta(days=1)
    kept = {job(organization, 30 * day, project=forever).pk, job(organization, 2 * day, project=project).pk}
    gone = {
        job(organization, 2 * day, project=brief).pk,
        job(organization, 8 * day, project=project).pk,
        job(organization, 8 * day).pk,
    }

    assert retention.remove_due() == 3

    assert removed() == gone
    assert not removed() & kept


def test_one_organization_s_rules_are_nothing_to_another(organization) -> None:
    PolicyFactory.create(organization=organization, keep_days=0)
    elsewhere = job(OrganizationFactory.create())

    retention.remove_due()

    assert elsewhere.pk not in removed()


def test_more_than_one_batch_is_removed(organization, monkeypatch) -> None:
    monkeypatch.setattr(retention, "_MOST_AT_ONCE", 2)
    PolicyFactory.create(organization=organization, keep_days=7)
    for _ in range(5):
        job(organization)

    assert retention.remove_due() == 5


def test_the_stream_s_history_goes_as_well(organization, django_capture_on_commit_callbacks) -> None:
    PolicyFactory.create(organization=organization, keep_days=0)
    name = news.name_of(job(organization).pk)
    with Redis.from_url(django_settings.REDIS_URL) as redis:
        redis.xadd(name, {"e": "Ann"})

        with django_capture_on_commit_callbacks(execute=True):
            retention.remove_due()

        assert not redis.exists(name)


@pytest.fixture
def gone(organization) -> Job:
    PolicyFactory.create(organization=organization, keep_days=7)
    made = job(organization, status=Status.SUCCEEDED, error_code="", error_message="", idempotency_key="once")
    retention.remove_due()
    made.refresh_from_db()
    return made


@pytest.fixture
def api(organization) -> APIClient:
    SecretKeyFactory.create(organization=organization, text="pls_inference", scopes=[Scope.INFERENCE])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer pls_inference")
    return client


def test_the_api_says_that_it_is_gone(api, gone) -> None:
    body = api.get(f"{JOBS}{gone.pk}/").json()

    assert (body["input"], body["output"]) == (None, None)
    assert body["content_removed_at"]
    assert body["status"] == "succeeded"
    assert api.get(JOBS).json()["results"][0]["content_removed_at"]


def test_a_fault_that_is_gone_still_has_its_code(api, organization) -> None:
    PolicyFactory.create(organization=organization, keep_days=7)
    made = job(organization)
    retention.remove_due()

    error = api.get(f"{JOBS}{made.pk}/").json()["error"]

    assert error == {"code": "refused", "message": "What was said of it is not kept any more."}


def test_the_stream_says_that_it_is_gone(gone) -> None:
    events = [event for entry in ended([gone.pk])[gone.pk] for event in Cursor().take(entry)]

    last = events[-1]
    assert (last.name, last.data["code"], last.data["status"]) == ("error", "content_removed", "succeeded")
    assert "result" not in last.data


def test_whoever_resumes_behind_a_text_that_is_gone_is_told_too(gone) -> None:
    cursor = Cursor.after(f"{gone.fence}-3")

    events = [event for entry in ended([gone.pk])[gone.pk] for event in cursor.take(entry)]

    assert [event.name for event in events if event.name != "usage"] == ["error"]


def test_the_pages_say_that_it_is_gone(owner, gone) -> None:
    client = Client()
    client.force_login(owner)

    page = client.get(f"/o/acme/jobs/{gone.pk}/").content.decode()

    assert "was kept until" in page
    assert "Not kept any more" in page
    assert "Not kept any more" in client.get("/o/acme/jobs/").content.decode()


def test_the_idempotency_key_still_finds_the_job(api, organization) -> None:
    PolicyFactory.create(organization=organization, keep_days=0)
    body = {"task": "summarize", "input": {"text": "About Ann."}}
    api.credentials(HTTP_AUTHORIZATION="Bearer pls_inference", HTTP_IDEMPOTENCY_KEY="once")
    first = api.post(JOBS, body).json()
    Job.objects.update(status=Status.SUCCEEDED, finished_at=timezone.now() - timedelta(minutes=9), output="Ann.")
    retention.remove_due()

    again = api.post(JOBS, body)

    assert (again.status_code, again.json()["id"], again.json()["output"]) == (200, first["id"], None)
    assert api.post(JOBS, body | {"priority": "high"}).status_code == 422


def test_the_rules_that_hold_are_the_project_s_else_the_organization_s(organization, project) -> None:
    assert rules_of(organization_id=organization.pk, project_id=project.pk).keep_days is None
    PolicyFactory.create(organization=organization, keep_days=9, redact=["email"])

    assert rules_of(organization_id=organization.pk, project_id=project.pk).redact == (Personal.EMAIL,)
    PolicyFactory.create(organization=organization, project=project, keep_days=1)
    assert rules_of(organization_id=organization.pk, project_id=project.pk).keep_days == 1
    assert rules_of(organization_id=organization.pk, project_id=None).keep_days == 9
