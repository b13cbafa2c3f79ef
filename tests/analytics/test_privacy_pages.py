"""The privacy page of a project: find, export, erase with a typed confirmation, receipts."""

import uuid

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from analytics.models import Erasure
from tests import factories
from tests.analytics.events import NOON, event, store
from tests.analytics.test_erasures import finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(project):
    return lambda name, *args: reverse(name, args=[project.organization.slug, project.slug, *args])


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


def sent(person="ada", confirmation="ada"):
    return {"person": person, "confirmation": confirmation, "token": str(uuid.uuid4())}


def test_a_person_is_found_by_any_id(desk, at, project):
    store(project, [event(NOON, anonymous_id="phone")])
    store(project, [event(NOON, kind="identify", anonymous_id="phone", user_id="ada")])

    page = desk.get(at("privacy"), {"person": "phone"})

    found = page.context["found"]
    assert (found.person, found.ids, found.found.events) == ("ada", ("ada", "phone"), 2)
    assert "20 November 2026" in page.content.decode()


def test_nobody_says_so(desk, at):
    page = desk.get(at("privacy"), {"person": "nobody"})

    assert page.status_code == 200
    assert "Nothing is stored under this id" in page.content.decode()


def test_a_search_for_nothing_is_refused(desk, at):
    assert desk.get(at("privacy"), {"person": " "}).status_code == 422


def test_an_export_is_a_download(desk, at, project):
    answer = desk.get(at("person_export"), {"person": "ada"})

    assert answer.headers["Content-Type"] == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_erasure_takes_the_id_typed_once_more(desk, at, project):
    page = desk.post(at("person_erase"), sent(confirmation="Ada"))

    assert page.status_code == 422
    assert "Nothing was erased" in page.content.decode()
    assert not Erasure.objects.exists()


def test_a_form_sent_twice_is_one_erasure(desk, at, owner):
    form = sent()

    places = {desk.post(at("person_erase"), form).url for _ in range(2)}

    erasure = Erasure.objects.get()
    assert places == {at("erasure", erasure.pk)}
    assert erasure.requested_by == owner


def test_the_receipt_page_tells_how_it_stands_and_then_what_went(desk, at, project):
    store(project, [event(user_id="ada")])
    place = desk.post(at("person_erase"), sent()).url

    assert "No answer shows this person" in desk.get(place).content.decode()
    finish(project)
    done = desk.get(place).content.decode()
    assert "How it was verified" in done
    assert "their ids are destroyed" in done


def test_what_takes_too_long_shows_as_late(desk, at, project):
    erasure = factories.ErasureFactory.create(project=project, requested_at=NOON)

    assert erasure.requested_at < timezone.now()
    assert "late" in desk.get(at("privacy")).content.decode()
    assert "takes longer than it should" in desk.get(at("erasure", erasure.pk)).content.decode()


def test_the_tab_is_there_for_who_may_go_there(desk, client, teammate, at):
    assert at("privacy") in desk.get(at("project_settings")).content.decode()
    client.force_login(teammate)
    assert at("privacy") not in client.get(at("project_settings")).content.decode()


def test_the_list_costs_the_same_with_one_erasure_and_with_ten(desk, at, project, django_assert_num_queries):
    factories.ErasureFactory.create(project=project)
    # What every page keeps for a second, such as the quota, is read once before.
    with time_machine.travel(timezone.now(), tick=False):
        desk.get(at("privacy"))
        with django_assert_num_queries(QUERIES):
            desk.get(at("privacy"))
        factories.ErasureFactory.create_batch(9, project=project)

        with django_assert_num_queries(QUERIES):
            assert desk.get(at("privacy")).content.decode().count("tag-accent") == 10


QUERIES = 8
