"""What is sent to webhooks, verified with the package that its receivers use, and how it is sent again."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.db import connections
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from accounts.models import AuditEntry
from accounts.permissions import Role
from inference.api.serializers import JobSerializer
from inference.choices import DeliveryStatus, DisabledWhy, Status, WebhookEvent
from inference.models import Job, WebhookDelivery, WebhookEndpoint
from inference.services import deliveries, delivering, endpoints, finishing, jobs, leases, webhooks
from inference.services.outcomes import Outcome
from tests.factories import (
    JobFactory,
    MembershipFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.inference.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
DONE = Outcome(Status.SUCCEEDED, output="Two sentences.", result={"label": "short"})


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_PRIVATE = True
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def endpoint(organization, receiver) -> WebhookEndpoint:
    return WebhookEndpointFactory.create(organization=organization, url=receiver.url, secret=SECRET)


def deliver() -> list[WebhookDelivery]:
    """Send what is due once, in this thread and transaction; all messages, as they are then."""
    for taken in deliveries.take(limit=100, each=100):
        found = delivering.message(taken)
        assert found is not None
        deliveries.note(taken=taken, answer=delivering.send(found))
    return list(WebhookDelivery.objects.order_by("created_at"))


def pause_of(delivery: WebhookDelivery, since: datetime) -> float:
    """Seconds until it is sent again."""
    assert delivery.next_attempt_at is not None
    return (delivery.next_attempt_at - since).total_seconds()


def end(organization, outcome: Outcome = DONE, **fields: Any) -> Job:
    job = JobFactory.create(organization=organization, **fields)
    (taken,) = leases.take(owner="one", limit=1, lease=30)
    assert finishing.finish(job=taken, outcome=outcome)
    job.refresh_from_db()
    return job


def test_the_end_of_a_job_arrives_signed(organization, receiver, endpoint) -> None:
    job = end(organization, metadata={"order": "7"})

    (delivery,) = deliver()

    (received,) = receiver.received
    body = Webhook(SECRET).verify(received.body, received.headers)
    assert received.headers["webhook-id"] == str(delivery.pk)
    assert received.headers["content-type"] == "application/json"
    assert (body["type"], body["version"]) == ("job.succeeded", 1)
    assert body["data"]["output"] == "Two sentences."
    assert body["data"]["result"] == {"label": "short"}
    assert body["data"]["metadata"] == {"order": "7"}
    assert "input" not in body["data"]
    assert (delivery.status, delivery.response_status, delivery.attempts) == ("delivered", 200, 1)
    assert delivery.job == job


def test_what_it_says_of_a_job_is_what_the_api_says(organization, receiver, endpoint) -> None:
    job = end(organization, asked_model="fast", cost=331, currency="USD")
    deliver()

    said = json.loads(receiver.received[0].body)["data"]
    assert {"asked_model", "cost", "cached"} <= set(said)

    of_api = json.loads(json.dumps(JobSerializer(job).data, default=str))
    assert len(said) > 15
    assert {name: of_api[name] for name in said if name in of_api} == {
        name: value for name, value in said.items() if name in of_api
    }
    assert set(said) - set(of_api) <= {"result"}


@pytest.mark.parametrize("change", ["body", "id", "time", "secret", "signature"])
def test_a_message_that_was_tampered_with_is_refused(organization, receiver, endpoint, change) -> None:
    end(organization)
    deliver()
    body, headers = receiver.received[0].body, dict(receiver.received[0].headers)
    secret = SECRET
    match change:
        case "body":
            body = body.replace(b"Two", b"Ten")
        case "id":
            headers["webhook-id"] = "another"
        case "time":
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
        case "secret":
            secret = OTHER
        case "signature":
            headers["webhook-signature"] = "v1,AAAA"

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_an_old_message_is_refused(organization, receiver, endpoint) -> None:
    end(organization)
    deliver()
    received = receiver.received[0]

    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)), pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(received.body, received.headers)


def test_a_message_that_is_sent_again_is_signed_anew(organization, receiver, endpoint) -> None:
    receiver.statuses = [500]
    end(organization)
    deliver()
    later = timezone.now() + timedelta(hours=1)
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())

    with time_machine.travel(later):
        deliver()
        first, second = receiver.received
        assert Webhook(SECRET).verify(second.body, second.headers)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_while_secrets_overlap_both_verify(organization, owner, receiver, endpoint) -> None:
    _, new = endpoints.rotate(endpoint=endpoint, actor=Actor(user=owner), overlap=timedelta(hours=1))
    end(organization)
    deliver()
    received = receiver.received[0]

    assert len(received.headers["webhook-signature"].split()) == 2
    for secret in (SECRET, new):
        assert Webhook(secret).verify(received.body, received.headers)


@pytest.mark.parametrize("hours", [0, 1])
def test_when_the_overlap_is_over_only_the_new_one_verifies(
    organization, owner, receiver, endpoint, hours
) -> None:
    overlap = timedelta(hours=hours)
    _, new = endpoints.rotate(endpoint=endpoint, actor=Actor(user=owner), overlap=overlap)
    WebhookEndpoint.objects.exclude(previous_until=None).update(previous_until=timezone.now())
    end(organization)
    deliver()
    received = receiver.received[0]

    assert Webhook(new).verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(received.body, received.headers)


def test_a_secret_lies_encrypted_and_differs_each_time(organization, owner) -> None:
    made = [
        endpoints.create(organization=organization, actor=Actor(user=owner), url=f"https://hooks.acme.test/{name}")
        for name in "ab"
    ]

    assert made[0][1] != made[1][1]
    assert all(secret.startswith("whsec_") and secret not in row.encrypted_secret for row, secret in made)
    assert not AuditEntry.objects.filter(after__icontains="whsec").exists()


def lost(job: Job) -> None:
    Job.objects.update(attempts=leases.MOST_ATTEMPTS, lease_expires_at=timezone.now() - timedelta(seconds=1))
    leases.reclaim()


def late(job: Job) -> None:
    Job.objects.update(
        status=Status.QUEUED, lease_expires_at=None, expires_at=timezone.now() - timedelta(seconds=1)
    )
    leases.expire()


def cancelled_while_it_waits(job: Job) -> None:
    Job.objects.update(status=Status.QUEUED, lease_expires_at=None)
    jobs.cancel(job=job)
    jobs.cancel(job=job)


ENDS = {
    "job.succeeded": lambda job: finishing.finish(job=job, outcome=DONE),
    "job.failed": lambda job: finishing.finish(
        job=job, outcome=Outcome(Status.FAILED, error_code="cut", error_message="It was cut.")
    ),
    "job.failed lost": lost,
    "job.cancelled": lambda job: finishing.finish(job=job, outcome=Outcome(Status.CANCELLED)),
    "job.cancelled waiting": cancelled_while_it_waits,
    "job.expired": late,
}


@pytest.mark.parametrize("how", ENDS)
def test_each_end_is_told_once(endpoint, organization, how) -> None:
    JobFactory.create(organization=organization)
    (job,) = leases.take(owner="one", limit=1, lease=30)

    ENDS[how](job)

    assert [delivery.event for delivery in WebhookDelivery.objects.all()] == [how.split()[0]]


def test_an_end_that_is_not_written_is_not_told(endpoint, organization) -> None:
    JobFactory.create(organization=organization)
    (first,) = leases.take(owner="one", limit=1, lease=30)
    Job.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    leases.reclaim()

    assert not finishing.finish(job=first, outcome=DONE)
    assert not leases.retry(calls=(), job=first, retry_after=0)

    assert not WebhookDelivery.objects.exists()


def test_only_who_wants_it_in_this_organization_is_told(organization) -> None:
    everything = WebhookEndpointFactory.create(organization=organization)
    successes = WebhookEndpointFactory.create(organization=organization, events=["job.succeeded"])
    WebhookEndpointFactory.create(organization=organization, events=["job.failed", "batch.finished"])
    WebhookEndpointFactory.create(organization=organization, disabled_at=timezone.now())
    WebhookEndpointFactory.create()

    end(organization)

    told = {delivery.endpoint_id for delivery in WebhookDelivery.objects.all()}
    assert told == {everything.pk, successes.pk}


def test_a_batch_is_told_of_by_its_own_event(organization, endpoint, receiver) -> None:
    told = webhooks.announce(
        event=WebhookEvent.BATCH_FINISHED, organization_id=organization.pk, data={"id": "b", "total": 3}
    )
    deliver()

    assert told == 1
    body = Webhook(SECRET).verify(receiver.received[0].body, receiver.received[0].headers)
    assert (body["type"], body["data"]) == ("batch.finished", {"id": "b", "total": 3})


def test_the_answer_stays_here_where_that_is_wanted(organization, endpoint, receiver) -> None:
    WebhookEndpoint.objects.update(with_answer=False)
    end(organization)
    deliver()

    assert not {"output", "result"} & set(json.loads(receiver.received[0].body)["data"])


def test_an_answer_that_is_not_kept_is_not_sent(organization, endpoint, receiver) -> None:
    end(organization)
    Job.objects.update(output="", result=None, content_removed_at=timezone.now())
    deliver()

    said = json.loads(receiver.received[0].body)["data"]
    assert (said["output"], said["result"]) == (None, None)
    assert said["content_removed_at"]


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500])
def test_what_is_not_taken_is_sent_again_later(endpoint, receiver, status) -> None:
    receiver.statuses = [status]
    WebhookDeliveryFactory.create(endpoint=endpoint)
    before = timezone.now()

    delivery: Any = deliver()[0]

    assert (delivery.status, delivery.response_status) == ("pending", status)
    assert delivery.error == f"You get {status}."
    pause = pause_of(delivery, before)
    assert 4 <= pause <= 6 + 5
    endpoint.refresh_from_db()
    assert endpoint.failing_since


def test_the_pauses_grow_over_a_day_and_then_it_is_given_up(endpoint, receiver) -> None:
    receiver.statuses = [500] * 20
    delivery: Any = WebhookDeliveryFactory.create(endpoint=endpoint)
    pauses = []
    while True:
        before = timezone.now()
        delivery = deliver()[0]
        if delivery.status == DeliveryStatus.FAILED:
            break
        pauses.append(pause_of(delivery, before))
        WebhookDelivery.objects.update(next_attempt_at=timezone.now())

    assert len(receiver.received) == delivery.attempts == len(deliveries.PAUSES) + 1
    assert pauses == sorted(pauses)
    assert 0.8 <= sum(pauses) / timedelta(days=1).total_seconds() <= 1.3
    assert delivery.finished_at


def test_a_receiver_that_asks_for_time_gets_it(endpoint, receiver) -> None:
    receiver.statuses, receiver.headers = [503], {"Retry-After": "600"}
    WebhookDeliveryFactory.create(endpoint=endpoint)

    delivery: Any = deliver()[0]

    assert pause_of(delivery, timezone.now()) > 590


def test_who_is_gone_is_told_nothing_more(
    organization, owner, endpoint, receiver, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    MembershipFactory.create(organization=organization, role=Role.ANALYST)
    receiver.statuses = [410]
    WebhookDeliveryFactory.create(endpoint=endpoint)
    waiting = WebhookDeliveryFactory.create(endpoint=endpoint, next_attempt_at=timezone.now() + timedelta(hours=1))

    with django_capture_on_commit_callbacks(execute=True):
        deliver()

    endpoint.refresh_from_db()
    waiting.refresh_from_db()
    assert endpoint.disabled_why == DisabledWhy.GONE
    assert waiting.status == DeliveryStatus.FAILED
    assert [mail.to for mail in mailoutbox] == [["owner@acme.test"]]
    assert endpoint.url in mailoutbox[0].body
    assert AuditEntry.objects.get(action="webhook.changed").actor_kind == "system"
    end(organization)
    assert WebhookDelivery.objects.count() == 2


def test_who_takes_nothing_for_days_is_switched_off(
    owner, endpoint, receiver, mailoutbox, django_capture_on_commit_callbacks
) -> None:
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=3))
    receiver.statuses = [500]
    WebhookDeliveryFactory.create(endpoint=endpoint)

    with django_capture_on_commit_callbacks(execute=True):
        (delivery,) = deliver()

    endpoint.refresh_from_db()
    assert (endpoint.disabled_why, delivery.status) == (DisabledWhy.FAILING, "failed")
    assert len(mailoutbox) == 1


def test_who_takes_something_again_is_well(endpoint, receiver) -> None:
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=9))
    WebhookDeliveryFactory.create(endpoint=endpoint)

    deliver()

    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.disabled_at) == (None, None)


def test_two_workers_never_have_the_same_message(endpoint) -> None:
    WebhookDeliveryFactory.create_batch(3, endpoint=endpoint)

    first, second = deliveries.take(limit=2, each=4), deliveries.take(limit=9, each=4)

    assert (len(first), len(second)) == (2, 1)
    assert not {taken.id for taken in first} & {taken.id for taken in second}


def test_a_worker_that_came_too_late_writes_nothing(endpoint) -> None:
    WebhookDeliveryFactory.create(endpoint=endpoint)
    (late_one,) = deliveries.take(limit=1, each=1)
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    (other,) = deliveries.take(limit=1, each=1)

    assert deliveries.note(taken=other, answer=deliveries.Answer(200))
    assert not deliveries.note(taken=late_one, answer=deliveries.Answer(500))

    assert WebhookDelivery.objects.get().status == DeliveryStatus.DELIVERED


def test_one_endpoint_leaves_room_for_others(endpoint) -> None:
    WebhookDeliveryFactory.create_batch(9, endpoint=endpoint)
    other = WebhookDeliveryFactory.create()

    taken = deliveries.take(limit=5, each=4)

    assert [one.endpoint_id for one in taken].count(endpoint.pk) == 4
    assert other.endpoint_id in {one.endpoint_id for one in taken}
    assert deliveries.take(limit=5, each=4, full=[endpoint.pk]) == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "[::1]", "[fe80::1]", "[fc00::1]",
        "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "2130706433", "0x7f.1", "localhost",
    ],
)  # fmt: skip
def test_nothing_is_sent_into_ones_own_network(organization, host) -> None:
    endpoint = WebhookEndpointFactory.create(organization=organization, url=f"https://{host}/hook")
    WebhookDeliveryFactory.create(endpoint=endpoint)

    (delivery,) = deliver()

    assert "is not an address of the internet" in delivery.error
    assert (delivery.status, delivery.response_status) == ("pending", None)


def test_a_name_that_leads_inside_is_not_followed(organization, monkeypatch) -> None:
    """Whatever it led to when the webhook was made: it is looked up once for each sending, and that is checked."""
    answers = iter(["93.184.216.34", "10.0.0.1"])
    asked, reached = [], []

    def found(host, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]

    def connect(address, *_):
        reached.append(address[0])
        raise OSError("not from here")

    endpoint = WebhookEndpointFactory.create(organization=organization, url="https://rebound.test/hook")
    WebhookDeliveryFactory.create(endpoint=endpoint)
    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(socket, "create_connection", connect)
    first = delivering.send(WebhookDelivery.objects.get())
    second = delivering.send(WebhookDelivery.objects.get())

    assert "could not be connected to" in first.error
    assert "rebound.test is not an address of the internet" in second.error
    assert (len(asked), reached) == (2, ["93.184.216.34"])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.acme.test/", "ftp://hooks.acme.test/", "hooks", "https://", "https://10.0.0.1/",
        "https://user:pw@hooks.acme.test/", "https://[::ffff:10.0.0.1]/", "https://localhost/",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_told_is_refused_by_field(organization, owner, url) -> None:
    with pytest.raises(Invalid) as refused:
        endpoints.create(organization=organization, actor=Actor(user=owner), url=url)

    assert [item.field for item in refused.value.fields] == ["url"]


def test_an_organization_has_ten_at_most_and_each_once(organization, owner) -> None:
    actor = Actor(user=owner)
    endpoints.create(organization=organization, actor=actor, url="https://hooks.acme.test/")
    with pytest.raises(Conflict, match="already"):
        endpoints.create(organization=organization, actor=actor, url="https://hooks.acme.test/")
    WebhookEndpointFactory.create_batch(endpoints.MOST - 1, organization=organization)

    with pytest.raises(Conflict, match="at most"):
        endpoints.create(organization=organization, actor=actor, url="https://hooks.acme.test/eleventh")


def test_a_message_can_be_sent_again_under_its_own_id(endpoint, receiver) -> None:
    delivery = WebhookDeliveryFactory.create(endpoint=endpoint, is_delivered=True)

    deliveries.resend(delivery=delivery)
    with pytest.raises(Conflict):
        deliveries.resend(delivery=delivery)
    deliver()

    assert receiver.received[0].headers["webhook-id"] == str(delivery.pk)
    assert WebhookDelivery.objects.get().status == DeliveryStatus.DELIVERED


def test_what_was_done_with_long_ago_is_forgotten(endpoint) -> None:
    old = timezone.now() - deliveries.KEPT_FOR - timedelta(minutes=1)
    WebhookDeliveryFactory.create(endpoint=endpoint, is_delivered=True, finished_at=old)
    kept = WebhookDeliveryFactory.create(endpoint=endpoint, is_delivered=True)

    assert deliveries.forget_old() == 1
    assert list(WebhookDelivery.objects.all()) == [kept]


@pytest.mark.django_db(transaction=True)
def test_all_that_is_due_is_sent_once_by_several_workers_at_once(receiver) -> None:
    endpoint = WebhookEndpointFactory.create(url=receiver.url, secret=SECRET)
    WebhookDeliveryFactory.create_batch(40, endpoint=endpoint)

    def work(_: int) -> None:
        try:
            deliver()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))

    assert len(receiver.received) == len({one.headers["webhook-id"] for one in receiver.received}) == 40


@pytest.mark.django_db(transaction=True)
def test_a_process_sends_what_is_due_several_at_once(receiver) -> None:
    for endpoint in WebhookEndpointFactory.create_batch(2, secret=SECRET):
        WebhookDeliveryFactory.create_batch(3, endpoint=endpoint)
    endpoint = WebhookEndpointFactory.create(url=receiver.url, secret=SECRET)
    WebhookDeliveryFactory.create_batch(10, endpoint=endpoint)
    WebhookEndpoint.objects.exclude(pk=endpoint.pk).update(disabled_at=timezone.now())

    assert delivering.deliver_due() == 10

    assert len(receiver.received) == 10
    assert WebhookDelivery.objects.filter(status=DeliveryStatus.DELIVERED).count() == 10
    assert delivering.deliver_due() == 0


@pytest.mark.parametrize("task", ["deliver_webhooks", "remove_content"])
def test_the_loop_of_llm_calls_is_not_kept_waiting_by_other_work(task) -> None:
    route = current_app.amqp.router.route({}, f"inference.tasks.{task}")

    assert route["queue"].name == "default"
    assert f"inference.tasks.{task}" in {entry["task"] for entry in current_app.conf.beat_schedule.values()}
