"""Reserve, settle, release: a cap holds whatever comes at once."""

import random
import threading
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import time_machine
from django.db import connection, transaction

from accounts.billing.meters import Meter
from accounts.billing.queries.spending import spending
from accounts.billing.services import ledger, reservations
from accounts.billing.services.ledger import Posting
from accounts.billing.services.reservations import Account
from accounts.errors import Conflict, SpendingCapReached
from accounts.models import Reservation
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UNIT = 1_000_000


@pytest.fixture
def cap(organization):
    return factories.SpendingCapFactory.create(organization=organization, amount=10 * UNIT)


def reserve(organization, key: str, units: float, *, now: datetime = NOW, ttl: timedelta = DAY) -> Reservation:
    return reservations.reserve(
        account=Account(organization.pk), key=key, amount=round(units * UNIT), currency="USD", ttl=ttl, now=now
    )


def spend(organization, key: str, units: float, *, at: datetime = NOW, allow_over: bool = False) -> bool:
    """What whoever reserved does at the end: settle, and post the cost."""
    amount = round(units * UNIT)
    posting = Posting(key, Meter.COST, amount, at, model="m", currency="USD")
    ledger.post(organization_id=organization.pk, postings=[posting])
    return reservations.settle(organization_id=organization.pk, key=key, amount=amount, allow_over=allow_over)


def standing(organization, now: datetime = NOW) -> tuple[float, float]:
    found = spending(organization.pk, currency="USD", cap=None, now=now)
    return found.spent / UNIT, found.held / UNIT


def test_up_to_the_cap_it_is_held_and_from_there_on_refused(organization, cap):
    reserve(organization, "a", 6)
    reserve(organization, "b", 4)

    with pytest.raises(SpendingCapReached) as refusal:
        reserve(organization, "c", 0.000001)

    assert standing(organization) == (0, 10)
    assert (refusal.value.status, refusal.value.code) == (402, "spending_cap_reached")
    assert refusal.value.details == {
        "of": "organization",
        "currency": "USD",
        "cap": 10 * UNIT,
        "spent": 0,
        "held": 10 * UNIT,
        "asked": 1,
        "resets_at": "2026-12-01T00:00:00Z",
    }
    assert "cap of this month is 10.00 USD. 0.00 USD are spent and 10.00 USD are held" in refusal.value.message


def test_what_is_settled_for_less_makes_room(organization, cap):
    reserve(organization, "a", 10)
    assert spend(organization, "a", 2.5)

    reserve(organization, "b", 7.5)

    assert standing(organization) == (2.5, 7.5)
    with pytest.raises(SpendingCapReached):
        reserve(organization, "c", 0.1)


def test_what_is_released_makes_room_once(organization, cap):
    reserve(organization, "a", 10)

    assert reservations.release(organization_id=organization.pk, keys=["a", "unknown"]) == 1
    assert reservations.release(organization_id=organization.pk, keys=["a"]) == 0

    assert standing(organization) == (0, 0)
    reserve(organization, "b", 10)


def test_more_than_was_reserved_is_refused_unless_it_is_allowed(organization, cap):
    reserve(organization, "a", 1)

    with pytest.raises(Conflict, match="only 1,000,000 are reserved"), transaction.atomic():
        spend(organization, "a", 2)
    assert standing(organization) == (0, 1)

    assert spend(organization, "a", 2, allow_over=True)
    assert standing(organization) == (2, 0)


def test_the_same_key_again_finds_what_is_held_and_nothing_else(organization, cap):
    first = reserve(organization, "a", 6)

    assert reserve(organization, "a", 6) == first
    with pytest.raises(Conflict, match="not 7,000,000"):
        reserve(organization, "a", 7)
    spend(organization, "a", 1)
    with pytest.raises(Conflict, match="is settled"):
        reserve(organization, "a", 6)


def test_settling_twice_is_nothing_new_and_settling_otherwise_an_error(organization):
    reserve(organization, "a", 6)
    assert spend(organization, "a", 1)

    assert not spend(organization, "a", 1)
    with pytest.raises(Conflict, match="settled with 1,000,000 already"):
        reservations.settle(organization_id=organization.pk, key="a", amount=2)
    assert standing(organization) == (1, 0)


def test_without_a_cap_it_is_held_and_counts_under_one_that_comes(organization):
    reserve(organization, "a", 600)

    factories.SpendingCapFactory.create(organization=organization, amount=601 * UNIT)

    with pytest.raises(SpendingCapReached):
        reserve(organization, "b", 2)


def test_a_cap_of_another_currency_or_organization_does_not_count(organization, cap):
    reserve(factories.OrganizationFactory.create(), "a", 600)

    reservations.reserve(account=Account(organization.pk), key="a", amount=600 * UNIT, currency="EUR", ttl=DAY)

    reserve(organization, "b", 10)


def test_a_month_begins_with_what_is_under_way(organization, cap):
    reserve(organization, "a", 6)
    spend(organization, "b", 4)
    december = NOW.replace(month=12)

    assert standing(organization, december) == (0, 6)
    with pytest.raises(SpendingCapReached):
        reserve(organization, "c", 5, now=december)
    reserve(organization, "d", 4, now=december)


def test_what_is_forgotten_is_given_back_and_what_is_extended_stays(organization, cap):
    reserve(organization, "forgotten", 5)
    reserve(organization, "under way", 5)
    late = NOW + timedelta(days=2)
    Reservation.objects.filter(key="under way").update(expires_at=late + DAY)

    assert reservations.expire(now=late) == 1

    assert standing(organization) == (0, 5)
    # It did end, and cost: that is a fact.
    assert spend(organization, "forgotten", 3, at=late)
    assert standing(organization) == (3, 5)


def test_extending_moves_the_end_of_what_is_held(organization):
    reserve(organization, "a", 1, ttl=timedelta(seconds=1))

    assert reservations.extend(keys=["a", "b"], ttl=DAY) == 1

    assert reservations.expire() == 0


def test_what_has_long_been_over_is_deleted(organization):
    reserve(organization, "old", 1)
    reserve(organization, "held", 1)
    spend(organization, "old", 1)
    Reservation.objects.filter(key="old").update(closed_at=NOW)

    reservations.expire(now=NOW + timedelta(days=91))

    assert list(Reservation.objects.values_list("key", flat=True)) == ["held"]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_exceed_the_cap(organization, cap):
    """At each moment what is spent and held is at most the cap; a watcher looks all the time."""
    numbers = count()
    exceeded: list[tuple[float, float]] = []
    refused: list[int] = []
    costs: list[int] = []
    over = threading.Event()

    def work(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(40):
            key, asked = f"{seed}:{next(numbers)}", draw.randint(1, 3 * UNIT)
            try:
                with transaction.atomic():
                    reserve(organization, key, asked / UNIT)
            except SpendingCapReached:
                refused.append(asked)
                continue
            with transaction.atomic():
                if draw.random() < 0.3:
                    reservations.release(organization_id=organization.pk, keys=[key])
                else:
                    cost = draw.randint(0, asked) // 8
                    spend(organization, key, cost / UNIT)
                    costs.append(cost)
        connection.close()

    def watch() -> None:
        while not over.is_set():
            spent, held = standing(organization)
            if spent + held > 10:
                exceeded.append((spent, held))
        connection.close()

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    watcher = threading.Thread(target=watch)
    watcher.start()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    over.set()
    watcher.join()

    assert exceeded == []
    assert refused
    assert standing(organization) == (sum(costs) / UNIT, 0)


def reserve_for(organization, key: str, units: float, **account: int) -> Reservation:
    return reservations.reserve(
        account=Account(organization.pk, **account), key=key, amount=round(units * UNIT), currency="USD", ttl=DAY,
        now=NOW,
    )  # fmt: skip


@pytest.fixture
def key(organization):
    return factories.SecretKeyFactory.create(organization=organization, name="Robot")


@pytest.fixture
def three(organization, project, key):
    """Ten for all, five in the project, two with the key."""
    cap = factories.SpendingCapFactory.create
    cap(organization=organization, amount=10 * UNIT)
    cap(organization=organization, amount=5 * UNIT, project_id=project.pk)
    cap(organization=organization, amount=2 * UNIT, secret_key=key)


@pytest.mark.parametrize(
    ("project_too", "key_too", "most", "of", "words"),
    [
        (False, False, 10, "organization", "The spending cap of this month is 10.00 USD."),
        (True, False, 5, "project", "The spending cap of the project Shop of this month is 5.00 USD."),
        (False, True, 2, "key", "The spending cap of the key Robot of this month is 2.00 USD."),
        (True, True, 2, "key", "The spending cap of the key Robot of this month is 2.00 USD."),
    ],
)
def test_every_cap_that_holds_is_kept_to_and_the_refusal_names_it(
    organization, project, key, three, project_too, key_too, most, of, words
):
    account = {"project_id": project.pk} if project_too else {}
    account |= {"secret_key_id": key.pk} if key_too else {}
    reserve_for(organization, "a", most - 1, **account)

    with pytest.raises(SpendingCapReached) as refusal:
        reserve_for(organization, "b", 2, **account)
    assert refusal.value.details["of"] == of
    assert refusal.value.message.startswith(words)
    reserve_for(organization, "c", 1, **account)


def test_what_is_spent_counts_for_project_and_key_in_its_month(organization, project, key, three):
    account = {"project_id": project.pk, "secret_key_id": key.pk}
    reserve_for(organization, "a", 2, **account)
    posting = Posting("a", Meter.COST, UNIT, NOW, project_id=project.pk, model="m", currency="USD")
    ledger.post(organization_id=organization.pk, postings=[posting])
    with time_machine.travel(NOW, tick=False):
        reservations.settle(organization_id=organization.pk, key="a", amount=UNIT)

    found = reservations.standing(Account(organization.pk, **account), currency="USD", now=NOW)
    assert [(one.of, one.spent, one.held, one.left) for one in found] == [
        ("organization", UNIT, 0, 9 * UNIT),
        ("project", UNIT, 0, 4 * UNIT),
        ("key", UNIT, 0, UNIT),
    ]
    december = reservations.standing(Account(organization.pk, **account), currency="USD", now=NOW + 20 * DAY)
    assert [one.spent for one in december] == [0, 0, 0]


def test_another_project_or_key_has_its_own(organization, project, key, three):
    reserve_for(organization, "a", 5, project_id=project.pk)
    reserve_for(organization, "b", 2, secret_key_id=key.pk)

    reserve_for(organization, "c", 1, project_id=factories.ProjectFactory.create(organization=organization).pk)
    other = factories.SecretKeyFactory.create(organization=organization)
    reserve_for(organization, "d", 1, secret_key_id=other.pk)


def test_what_is_held_is_split_and_each_part_settles_alone(organization, cap):
    held = reserve(organization, "all", 6)

    with pytest.raises(ValueError, match="'all' holds 6,000,000, and its parts 5,000,000"):
        reservations.split(held, parts={"a": 2 * UNIT, "b": 3 * UNIT})
    reservations.split(held, parts={"a": 2 * UNIT, "b": 4 * UNIT})

    assert standing(organization) == (0, 6)
    assert set(Reservation.objects.values_list("key", "amount", "currency", "expires_at")) == {
        ("a", 2 * UNIT, "USD", NOW + DAY),
        ("b", 4 * UNIT, "USD", NOW + DAY),
    }
    with pytest.raises(SpendingCapReached):
        reserve(organization, "c", 5)
    spend(organization, "a", 1)
    reservations.release(organization_id=organization.pk, keys=["b"])
    assert standing(organization) == (1, 0)
