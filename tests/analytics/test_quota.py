"""The quota of events a month: exact at its edges, refused at every door with a clear answer, never silent."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from accounts.errors import QuotaExceeded
from accounts.models import Organization
from accounts.queries.plans import Limits
from analytics.contracts import DropReason
from analytics.ingestion.client import ClientInfo
from analytics.ingestion.normalize import RawCall
from analytics.ingestion.protocols import PROTOCOLS
from analytics.ingestion.protocols.wire import Submission
from analytics.models import DropCount, InboxEntry
from analytics.queries import quota
from analytics.queries.quota import State, standing, state_of
from analytics.services import ingestion
from analytics.services import quota as door
from tests import factories
from tests.analytics.events import event, store

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "plw_0123456789abcdefghijABCDEFGHIJ12"
SMALL = {"events_a_month": 1_000, "warn_from": 80, "refuse_from": 120}


@pytest.fixture
def plan(organization):
    found = factories.PlanFactory.create(name="Small", **SMALL)
    Organization.objects.filter(pk=organization.pk).update(plan=found)
    return found


@pytest.fixture
def key(project) -> str:
    factories.WriteKeyFactory.create(project=project, text=KEY)
    return KEY


def use(project, events: int) -> None:
    factories.UsageCountFactory.create(project=project, day=NOW.date(), events=events)
    quota.forget()


def send(key: str, *message_ids: str, now: datetime = NOW):
    calls = [RawCall(type="track", event="Paid", userId="ada", messageId=text) for text in message_ids]
    return ingestion.receive(submission=Submission(key=key, calls=calls), client=ClientInfo(), now=now)


def refused(project) -> int:
    return sum(DropCount.objects.filter(project=project, reason=DropReason.QUOTA).values_list("events", flat=True))


@pytest.mark.parametrize(
    ("used", "state"),
    [
        (0, State.OK),
        (799, State.OK),
        (800, State.WARN),
        (999, State.WARN),
        (1_000, State.OVER),
        (1_199, State.OVER),
        (1_200, State.REFUSED),
        (9_999, State.REFUSED),
    ],
)
def test_a_state_begins_exactly_at_its_percentage(project, plan, used, state):
    use(project, used)

    found = standing(project.organization_id, now=NOW)

    assert (found.used, found.quota, found.state) == (used, 1_000, state)
    assert (found.share, found.refused_from) == (used / 1_000, 1_200)


@pytest.mark.parametrize(("used", "state"), [(2, State.OK), (3, State.OVER), (4, State.REFUSED)])
def test_edges_that_are_no_whole_number_round_to_the_safe_side(used, state):
    """80 % of 3 is 2.4, and 120 % is 3.6: reached with 3 and with 4 events."""
    assert state_of(used, Limits("Tiny", 3, 80, 120, None)) is state


def test_a_plan_without_a_line_to_refuse_from_never_refuses(project, plan, key):
    plan.refuse_from = None
    plan.save()
    use(project, 5_000_000)

    send(key, "a")

    assert standing(project.organization_id, now=NOW).state is State.OVER
    assert InboxEntry.objects.get().events == 1


def test_without_a_quota_nothing_is_asked_but_the_plan(project, key, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert quota.lately(project.organization_id, now=NOW) is None
    use(project, 10**12)

    assert standing(project.organization_id, now=NOW).state is State.OK
    send(key, "a")


def test_what_waits_in_the_inbox_counts_before_it_is_sealed_and_once_after(project, plan):
    with time_machine.travel(NOW, tick=False):
        ingestion.accept(project=project, events=[event(NOW), event(NOW)])
        before = standing(project.organization_id, now=NOW)
        store(project, [event(NOW)])
        after = standing(project.organization_id, now=NOW)

    assert (before.used, before.waiting) == (2, 2)
    assert (after.used, after.waiting) == (3, 0)


def test_all_projects_of_an_organization_count_and_no_others(project, plan):
    second = factories.ProjectFactory.create(organization=project.organization)
    use(project, 10)
    use(second, 20)
    use(factories.ProjectFactory.create(), 40)
    ingestion.accept(project=second, events=[event(NOW)], received_at=NOW)

    assert standing(project.organization_id, now=NOW).used == 31


def test_below_the_line_events_are_kept_and_at_the_line_refused(project, plan, key):
    use(project, 1_199)

    send(key, "a", "b", "c")
    quota.forget()
    with pytest.raises(QuotaExceeded):
        send(key, "d", "e")

    assert [entry.events for entry in InboxEntry.objects.all()] == [3]
    assert refused(project) == 2


def test_a_refusal_is_answered_for_a_second_without_a_query(project, plan, django_assert_num_queries):
    use(project, 1_200)
    quota.lately(project.organization_id, now=NOW)

    with django_assert_num_queries(0):
        found = quota.lately(project.organization_id, now=NOW + timedelta(milliseconds=999))

    assert found is not None
    assert found.state is State.REFUSED


def test_raising_the_plan_lets_events_in_a_second_later(project, plan, key):
    use(project, 1_200)
    with pytest.raises(QuotaExceeded):
        send(key, "a")

    plan.events_a_month = 10_000
    plan.save()
    send(key, "a", now=NOW + timedelta(seconds=1))

    assert InboxEntry.objects.get().events == 1


def test_a_new_month_begins_at_midnight_utc(project, plan, key):
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    use(project, 1_200)
    assert standing(project.organization_id, now=last).resets_at == datetime(2026, 12, 1, tzinfo=UTC)
    with pytest.raises(QuotaExceeded) as refusal:
        send(key, "a", now=last)

    send(key, "a", now=last + timedelta(seconds=1))

    assert refusal.value.retry_after == 1
    assert standing(project.organization_id, now=last + timedelta(seconds=1)).used == 1


def test_december_ends_in_january(project, plan):
    found = standing(project.organization_id, now=datetime(2026, 12, 31, 12, tzinfo=UTC))

    assert found.resets_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_client_that_tries_again_is_counted_once_an_event(project, plan, key):
    use(project, 1_200)
    attempts = [("a", "b"), ("a", "b"), ("a", "b", "c"), ("c",)]

    for place, ids in enumerate(attempts):
        with pytest.raises(QuotaExceeded):
            send(key, *ids, now=NOW + timedelta(minutes=20 * place))

    assert refused(project) == 3


def test_events_without_a_message_id_count_at_each_attempt(project, plan, key):
    use(project, 1_200)

    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            send(key, "")

    assert refused(project) == 2


def test_beyond_what_is_remembered_each_attempt_counts(project, plan, key, monkeypatch):
    monkeypatch.setattr(door, "MOST_REMEMBERED", 2)
    use(project, 1_200)

    for ids in (("a", "b"), ("a", "b"), ("c",), ("c",)):
        with pytest.raises(QuotaExceeded):
            send(key, *ids)

    assert refused(project) == 4


def test_without_redis_events_are_refused_and_counted_all_the_same(project, plan, key, silent_redis):
    use(project, 1_200)

    with pytest.raises(QuotaExceeded):
        send(key, "a", "b")

    assert refused(project) == 2


def test_segment_s_clients_get_a_429_that_says_everything(client, project, plan, key):
    use(project, 1_300)
    sent = {"writeKey": key, "event": "Paid", "userId": "ada", "messageId": "a"}

    with time_machine.travel(NOW, tick=False):
        response = client.post("/v1/track", json.dumps(sent), "application/json")

    error = response.json()["error"]
    assert response.status_code == 429
    assert response["Retry-After"] == "3600"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert (error["code"], error["used"], error["quota"]) == ("quota_exceeded", 1_300, 1_000)
    assert (error["plan"], error["resets_at"]) == ("Small", "2026-12-01T00:00:00Z")
    assert "1,300 events of 1,000" in error["message"]
    assert "2026-12-01 00:00 UTC" in error["message"]
    assert "plan is raised" in error["message"]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.__name__.rpartition(".")[2])
def test_every_protocol_says_in_its_own_shape_how_much_until_when_and_what_to_do(project, plan, protocol):
    use(project, 1_300)
    refusal = door.refusal(standing(project.organization_id, now=NOW), now=NOW)

    reply = protocol.refuse(refusal)

    said = json.dumps(json.loads(reply.body))
    assert (reply.status, reply.headers["Retry-After"]) == (429, "3600")
    assert "1,300 events of 1,000 in the plan 'Small'" in said
    assert "2026-12-01 00:00 UTC" in said
    assert "plan is raised" in said


def test_posthog_s_clients_get_a_429_of_theirs(client, project, plan, key):
    use(project, 1_300)
    sent = {"api_key": key, "event": "Paid", "distinct_id": "ada", "uuid": "0198a000-0000-7000-8000-000000000001"}

    with time_machine.travel(NOW, tick=False):
        replies = [client.post("/capture/", json.dumps(sent), "application/json") for _ in range(2)]

    assert [reply.status_code for reply in replies] == [429, 429]
    assert replies[0].json()["type"] == "throttled_error"
    assert replies[0].json()["code"] == "quota_exceeded"
    assert refused(project) == 1


def test_our_own_door_says_the_same(client, project, plan, key):
    use(project, 1_300)

    with time_machine.travel(NOW, tick=False):
        response = client.post(
            "/api/v1/events/",
            json.dumps({"event": "Paid", "user_id": "ada", "write_key": key}),
            "application/json",
        )

    assert (response.status_code, response.json()["error"]["code"]) == (429, "quota_exceeded")
    assert response["Retry-After"] == "3600"
    assert refused(project) == 1


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_are_counted_exactly(project, plan, key):
    use(project, 1_200)

    def work(number: int) -> None:
        with pytest.raises(QuotaExceeded):
            send(key, f"{number}-a", f"{number}-b")
        connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused(project) == 24
    assert not InboxEntry.objects.exists()
