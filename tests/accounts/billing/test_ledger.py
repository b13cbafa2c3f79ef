"""The usage ledger: each fact once, nothing changed, and the sums of its days beside it."""

import random
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.billing.meters import Meter
from accounts.billing.services import ledger
from accounts.billing.services.ledger import Posting
from accounts.errors import Conflict
from accounts.models import Organization, UsageDay, UsageEntry
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def events(key: str, quantity: int, *, at: datetime = NOON, **fields) -> Posting:
    return Posting(key, Meter.EVENTS, quantity, at, **fields)


def sums(organization) -> dict[tuple[date, str], int]:
    return {(row.day, row.meter): row.quantity for row in UsageDay.objects.filter(organization=organization)}


def test_what_is_posted_is_there_with_its_day_in_utc(organization):
    tokyo = datetime.fromisoformat("2026-11-21T08:00:00+09:00")

    assert ledger.post(organization_id=organization.pk, postings=[events("a", 3, at=tokyo, project_id=7)]) == 1

    entry = UsageEntry.objects.get()
    assert (entry.day, entry.quantity, entry.project_id, entry.at) == (date(2026, 11, 20), 3, 7, tokyo)
    assert sums(organization) == {(date(2026, 11, 20), "events"): 3}


def test_the_same_key_again_is_nothing_new(organization):
    for _ in range(3):
        ledger.post(organization_id=organization.pk, postings=[events("a", 3), events("b", 4)])

    # Later is the same fact still: what it was is known, when it was told first as well.
    assert (
        ledger.post(organization_id=organization.pk, postings=[events("a", 3, at=NOON + timedelta(hours=1))]) == 0
    )
    assert sums(organization) == {(NOON.date(), "events"): 7}


def test_the_same_key_with_something_else_is_an_error_that_says_so(organization):
    ledger.post(organization_id=organization.pk, postings=[events("a", 3)])

    with pytest.raises(
        Conflict, match=r"'a' is in the ledger as 3 events on 2026-11-20, and cannot .* as 4 events"
    ):
        ledger.post(organization_id=organization.pk, postings=[events("a", 4)])
    with pytest.raises(Conflict, match="project 7"):
        ledger.post(organization_id=organization.pk, postings=[events("a", 3, project_id=7)])

    assert sums(organization) == {(NOON.date(), "events"): 3}


def test_a_key_twice_in_one_call_is_one_fact(organization):
    assert ledger.post(organization_id=organization.pk, postings=[events("a", 3), events("a", 3)]) == 1
    assert sums(organization) == {(NOON.date(), "events"): 3}


def test_keys_of_organizations_are_their_own(organization):
    other = factories.OrganizationFactory.create()

    ledger.post(organization_id=organization.pk, postings=[events("a", 3)])
    ledger.post(organization_id=other.pk, postings=[events("a", 4)])

    assert (sums(organization), sums(other)) == ({(NOON.date(), "events"): 3}, {(NOON.date(), "events"): 4})


def test_a_correction_is_a_negative_entry_and_zero_is_none(organization):
    postings = [events("a", 10), events("a:corrected", -4), events("b", 0)]

    assert ledger.post(organization_id=organization.pk, postings=postings) == 2
    assert sums(organization) == {(NOON.date(), "events"): 6}


def test_more_than_fits_into_32_bits_is_counted(organization):
    ledger.post(organization_id=organization.pk, postings=[events("a", 2**62), events("b", -(2**61))])

    assert sums(organization) == {(NOON.date(), "events"): 2**61}


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nothing_is_posted(organization):
    with pytest.raises(RuntimeError, match="in the transaction of the fact"):
        ledger.post(organization_id=organization.pk, postings=[events("a", 1)])


def test_posting_is_one_statement_however_many(organization, django_assert_num_queries):
    postings = [events(str(number), 1, project_id=number % 7) for number in range(500)]

    with django_assert_num_queries(1):
        ledger.post(organization_id=organization.pk, postings=postings)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_usageentry SET quantity = 1",
        "DELETE FROM accounts_usageentry",
        "UPDATE accounts_usageentry SET organization_id = organization_id",
    ],
)
def test_the_database_refuses_to_change_the_ledger(organization, statement):
    ledger.post(organization_id=organization.pk, postings=[events("a", 3)])

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert UsageEntry.objects.get().quantity == 3


def test_a_cost_names_its_currency_and_nothing_else_does(organization):
    cost = Posting("a", Meter.COST, 5, NOON)
    priced_events = Posting("b", Meter.EVENTS, 5, NOON, currency="EUR")

    for posting in (cost, priced_events):
        with pytest.raises(IntegrityError, match="cost_has_a_currency"), transaction.atomic():
            ledger.post(organization_id=organization.pk, postings=[posting])


def test_the_ledger_goes_with_its_organization_only(organization):
    other = factories.OrganizationFactory.create()
    for each in (organization, other):
        ledger.post(organization_id=each.pk, postings=[events("a", 3)])

    Organization.objects.get(pk=organization.pk).delete()

    assert [entry.organization_id for entry in UsageEntry.objects.all()] == [other.pk]
    assert [day.organization_id for day in UsageDay.objects.all()] == [other.pk]


@pytest.mark.django_db(transaction=True)
def test_many_who_post_the_same_and_different_facts_at_once(organization):
    """Each fact is tried by several threads in an order of its own; no thread may wait for another for ever."""
    facts = [
        Posting(f"job:{number}:{meter}", meter, number + 1, NOON, model=f"m{number % 3}")
        for number in range(60)
        for meter in (Meter.INPUT_TOKENS, Meter.OUTPUT_TOKENS)
    ]
    failures: list[Exception] = []

    def work(seed: int) -> None:
        mine = random.Random(seed).sample(facts, len(facts))
        try:
            for start in range(0, len(mine), 8):
                with transaction.atomic():
                    ledger.post(organization_id=organization.pk, postings=mine[start : start + 8])
        except (DatabaseError, Conflict) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    expected: Counter[tuple[str, str]] = Counter()
    for posting in facts:
        expected[posting.meter, posting.model] += posting.quantity
    kept = UsageDay.objects.filter(organization=organization)
    assert {(row.meter, row.model): row.quantity for row in kept} == expected
    assert UsageEntry.objects.count() == len(facts)
