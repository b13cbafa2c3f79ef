"""Who is one person: the rules one by one, in whatever order and however many requests the events come."""

from typing import Any

import pytest

from analytics.contracts import Kind
from analytics.kinds import parse_spec
from analytics.models import PersonLink
from analytics.people import Links
from analytics.queries.run import run_query
from tests import factories
from tests.analytics.engines import PERSON, rows_of
from tests.analytics.events import NOON, event, store


def identify(anonymous, user):
    return event(kind=Kind.IDENTIFY, anonymous_id=anonymous, user_id=user)


def alias(previous, user):
    return event(kind=Kind.ALIAS, previous_id=previous, user_id=user)


@pytest.mark.parametrize(
    ("learnt", "anonymous", "user", "person"),
    [
        ([], "cookie", "", "cookie"),
        ([], "cookie", "ada", "ada"),
        ([identify("cookie", "ada")], "cookie", "", "ada"),
        # The user id that is linked to the anonymous id comes before the event's own.
        ([identify("cookie", "ada")], "cookie", "bob", "ada"),
        # A second user id changes nothing.
        ([identify("cookie", "ada"), identify("cookie", "bob")], "cookie", "", "ada"),
        ([identify("cookie", "")], "cookie", "", "cookie"),
        ([alias("cookie", "ada")], "cookie", "", "ada"),
        ([alias("ada", "ada.l")], "", "ada", "ada.l"),
        ([identify("cookie", "ada"), alias("ada", "ada.l")], "cookie", "", "ada.l"),
        # What was linked to the one is linked to the other.
        ([identify("cookie", "ada"), alias("cookie", "bob")], "", "ada", "bob"),
        ([alias("a", "b"), alias("b", "c"), alias("c", "d")], "", "a", "d"),
        # A ring is one person, and no endless walk.
        ([alias("a", "b"), alias("b", "a")], "", "a", "b"),
        ([alias("a", "a")], "", "a", "a"),
    ],
)
def test_the_person_of_an_event(learnt, anonymous, user, person):
    links = Links({})
    for one in learnt:
        links.learn(one)

    assert links.people_of([event(anonymous_id=anonymous, user_id=user)]).persons == [person]


@pytest.mark.django_db
@pytest.mark.usefixtures("engine")
def test_a_link_holds_for_events_that_were_sealed_before_it(project):
    spec = parse_spec(
        {"kind": "overview", "period": {"from": "2026-11-20", "to": "2026-11-20"}, "compare": "none"}
    )
    store(project, [event(NOON, anonymous_id="phone"), event(NOON, anonymous_id="laptop")])
    before = run_query(project=project, spec=spec).result
    store(project, [identify("phone", "ada"), identify("laptop", "ada")])

    after = run_query(project=project, spec=spec).result

    assert rows_of(project, PERSON) == [("phone",), ("laptop",), ("ada",), ("ada",)]
    results: list[Any] = [before, after]
    assert [result.figures[0].value for result in results] == [2, 1]


@pytest.mark.django_db
def test_links_are_kept_final(project):
    store(project, [identify("cookie", "ada")])
    store(project, [alias("ada", "ada.l"), alias("x", "cookie")])

    links = PersonLink.objects.filter(project=project).order_by("alias").values_list("alias", "person", "by")

    assert list(links) == [
        ("ada", "ada.l", "alias"),
        ("cookie", "ada.l", "identify"),
        ("x", "ada.l", "alias"),
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("engine")
def test_ids_that_no_database_can_hold_stay_people_of_their_own(project):
    huge = "x" * 3000

    report = store(project, [identify(huge, "ada"), identify("cookie\0", "ada"), alias(huge, "cookie\0")])

    assert report.events == 3
    assert not PersonLink.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("engine")
def test_the_links_of_one_project_mean_nothing_in_another(project):
    other = factories.ProjectFactory.create()
    store(other, [identify("cookie", "ada")])

    store(project, [event(anonymous_id="cookie")])

    assert rows_of(project, PERSON) == [("cookie",)]
