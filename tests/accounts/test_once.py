"""The answers that are kept for an Idempotency-Key."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import Conflict, IdempotencyMismatch, Invalid
from accounts.idempotency import KEPT_FOR, LONGEST_KEY, Once, checked
from accounts.idempotency import once as once_of
from accounts.models import KeptAnswer
from accounts.services import once
from accounts.services.once import RUNNING_FOR, Claim
from tests.factories import OrganizationFactory

NOW = timezone.now()
REQUEST, OTHER = Once("k", "a" * 64), Once("k", "b" * 64)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def begin(organization):
    def ask(request=REQUEST, *, later=timedelta(), scope="events:1", of=organization):
        return once.begin(organization_id=of.pk, scope=scope, request=request, now=NOW + later)

    return ask


def test_the_same_request_gets_the_same_answer(begin) -> None:
    once.end(claim=begin(), answer=b'{"stored": 1}')

    assert begin(later=KEPT_FOR - MOMENT) == b'{"stored": 1}'


def test_after_a_day_it_is_a_new_request(begin) -> None:
    once.end(claim=begin(), answer=b"old")

    assert isinstance(begin(OTHER, later=KEPT_FOR), Claim)


def test_another_body_is_refused_whether_or_not_the_first_has_ended(begin) -> None:
    claim = begin()
    with pytest.raises(IdempotencyMismatch):
        begin(OTHER, later=RUNNING_FOR)
    once.end(claim=claim, answer=b"{}")
    with pytest.raises(IdempotencyMismatch):
        begin(OTHER)


def test_while_the_first_runs_the_second_is_told_to_come_back(begin) -> None:
    begin()

    with pytest.raises(Conflict, match="still running") as caught:
        begin(later=RUNNING_FOR - MOMENT)
    assert caught.value.retry_after == 2


def test_what_died_is_done_again_and_does_not_answer_any_more(begin) -> None:
    dead = begin()

    claim = begin(later=RUNNING_FOR)
    once.end(claim=dead, answer=b"late")
    once.end(claim=dead, answer=None)
    once.end(claim=claim, answer=b"right")

    assert begin() == b"right"


def test_what_failed_leaves_the_key_free(begin) -> None:
    once.end(claim=begin(), answer=None)

    assert isinstance(begin(OTHER), Claim)


def test_a_key_is_of_one_organization_and_one_object(begin) -> None:
    begin()

    assert isinstance(begin(OTHER, scope="events:2"), Claim)
    assert isinstance(begin(OTHER, of=OrganizationFactory.create()), Claim)


def test_what_is_over_a_day_old_is_forgotten(begin) -> None:
    begin(later=-KEPT_FOR)
    begin(Once("fresh", "a" * 64), later=MOMENT - KEPT_FOR + timedelta(hours=6))

    once.forget_old()

    assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["fresh"]


@pytest.mark.parametrize("key", ["x" * (LONGEST_KEY + 1), "a\x00b", "a\nb"])
def test_a_key_that_is_no_key_is_refused_by_name(key) -> None:
    with pytest.raises(Invalid) as caught:
        checked(key)
    assert [field.field for field in caught.value.fields] == ["Idempotency-Key"]


def test_without_a_key_there_is_nothing_to_keep() -> None:
    assert once_of("", b"{}") is None


def test_the_parts_of_a_request_are_named_alike_each_time() -> None:
    names = {REQUEST.name(0), REQUEST.name(1), OTHER.name(0), Once("l", "a" * 64).name(0)}

    assert len(names) == 4
    assert REQUEST.name(0) == Once("k", "a" * 64).name(0)
