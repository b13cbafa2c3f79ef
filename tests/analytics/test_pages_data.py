"""The page of what a project has: found, sorted, described, hidden, and of the same cost however much there is."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.billing.queries import notable
from accounts.permissions import Role
from analytics.contracts import Kind
from analytics.models import EventDefinition, PropertyDefinition
from analytics.queries import quota
from analytics.services import definitions
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(project):
    """`at("data_events")`: the address of a page of the project."""
    return lambda name, *rest: reverse(name, args=["acme", "shop", *rest])


@pytest.fixture
def analyst(client, organization):
    client.force_login(factories.MembershipFactory.create(organization=organization, role=Role.ANALYST).user)
    return client


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def shown(response):
    return [row.name for row, _ in response.context["rows"]]


def test_what_has_arrived_is_listed_with_its_types_and_days(project, analyst, at):
    project.time_zone = "Asia/Tokyo"
    project.save()
    late = NOON.replace(hour=20)
    store(project, [event(late, name="Paid", properties={"seats": value}) for value in (5, 6, "many")])

    events, properties = text_of(analyst.get(at("data_events"))), text_of(analyst.get(at("data_properties")))

    assert 'aria-current="page">Data</a>' in events
    assert "Custom event" in events
    assert "21 November 2026" in events
    assert re.search(r"Number</span> <span[^>]*>2</span>.*Text</span> <span[^>]*>1</span>", properties)


def test_an_empty_project_says_what_to_do(analyst, at):
    for name in ("data_events", "data_properties"):
        page = text_of(analyst.get(at(name)))
        assert "Nothing has to be declared" in page
        assert f"{at('project_settings')}#send" in page


def test_hidden_ones_are_left_out_unless_asked_for(project, analyst, at):
    factories.EventDefinitionFactory(project=project, name="seen")
    factories.EventDefinitionFactory(project=project, name="unseen", hidden=True)

    pages = {show: shown(analyst.get(at("data_events"), {"show": show})) for show in ("", "hidden", "all", "x")}

    assert pages == {"": ["seen"], "hidden": ["unseen"], "all": ["seen", "unseen"], "x": ["seen"]}


def test_a_list_is_searched_and_sorted(project, analyst, at):
    for name, volume in (("Signed up", 1), ("Paid", 3), ("Left", 2)):
        factories.EventDefinitionFactory(project=project, name=name, volume=volume)
    EventDefinition.objects.filter(name="Left").update(description="Has signed off.")

    def found(**given):
        return shown(analyst.get(at("data_events"), given))

    assert found() == found(sort="nonsense") == ["Paid", "Left", "Signed up"]
    assert found(sort="name") == ["Left", "Paid", "Signed up"]
    assert found(search="SIGN", sort="-name") == ["Signed up", "Left"]
    assert "Nothing matches" in text_of(analyst.get(at("data_events"), {"search": "zebra\0"}))


def test_properties_by_event_and_by_what_they_are_of(project, analyst, at):
    paid = [event(name="Paid", properties={"price": 5})]
    store(project, [*paid, event(kind=Kind.IDENTIFY, user_id="ada", properties={"plan": "pro"})])
    pk = EventDefinition.objects.get(name="Paid").pk

    def found(**given):
        return shown(analyst.get(at("data_properties"), given))

    assert found(event=pk) == found(subject="event") == ["price"]
    assert found(subject="person") == ["plan"]
    assert found(event="nonsense", sort="name") == ["plan", "price"]
    assert analyst.get(at("data_properties"), {"event": 10**30}).status_code == 404
    assert (
        analyst.get(at("data_properties"), {"event": factories.EventDefinitionFactory.create().pk}).status_code
        == 404
    )


def test_long_lists_have_pages(project, analyst, at):
    factories.EventDefinitionFactory.create_batch(51, project=project)

    first, second = (analyst.get(at("data_events"), {"page": page, "sort": "name"}) for page in (1, 2))

    assert (len(shown(first)), len(shown(second))) == (50, 1)
    assert "?sort=name&amp;page=2" in text_of(first)


def test_the_page_says_when_no_more_are_listed(project, analyst, at, monkeypatch):
    monkeypatch.setattr(definitions, "MOST_EVENTS", 2)
    factories.EventDefinitionFactory(project=project)
    before = text_of(analyst.get(at("data_events")))
    factories.EventDefinitionFactory(project=project, hidden=True)

    after = text_of(analyst.get(at("data_events")))

    assert "the most that are listed" not in before
    assert "has 2 events, the most that are listed" in after


def test_a_property_and_an_event_lead_to_each_other(project, analyst, at):
    store(project, [event(name="Paid", properties={"seats": value}) for value in (5, "many")])
    paid, seats = EventDefinition.objects.get(), PropertyDefinition.objects.get()

    of_event, of_property = (
        text_of(analyst.get(at(name, row.pk))) for name, row in (("data_event", paid), ("data_property", seats))
    )

    assert at("data_property", seats.pk) in of_event
    assert at("data_event", paid.pk) in of_property
    assert "Its type has changed" in of_property


def test_describing_in_the_list_leads_back_to_where_one_was(project, analyst, at):
    row = factories.EventDefinitionFactory.create(project=project)

    response = analyst.post(
        at("data_event", row.pk), {"description": "Money came in.", "list": "page=2&search=a b"}
    )

    row.refresh_from_db()
    assert response.url == f"{at('data_events')}?page=2&search=a+b#definition-{row.pk}"
    assert (row.description, row.hidden) == ("Money came in.", False)
    assert "Money came in." in text_of(analyst.get(at("data_events")))


def test_hiding_on_the_own_page(project, analyst, at):
    row = factories.PropertyDefinitionFactory.create(project=project)
    address = at("data_property", row.pk)

    response = analyst.post(address, {"description": "", "hidden": "on"})

    row.refresh_from_db()
    assert (response.url, row.hidden) == (address, True)


def test_a_description_that_is_too_long_is_refused_with_what_was_written(project, analyst, at):
    row = factories.EventDefinitionFactory.create(project=project)

    response = analyst.post(at("data_event", row.pk), {"description": "x" * 2001})

    row.refresh_from_db()
    assert response.status_code == 422
    assert "x" * 2001 in text_of(response)
    assert row.description == ""


def test_a_viewer_reads_and_has_no_form(client, teammate, project, at):
    row = factories.EventDefinitionFactory.create(project=project, description="Money came in.")
    client.force_login(teammate)

    pages = [text_of(client.get(address)) for address in (at("data_events"), at("data_event", row.pk))]

    assert all("Money came in." in page for page in pages)
    assert not any('name="description"' in page for page in pages)


def test_another_project_s_definition_is_not_found(project, analyst, at):
    assert analyst.get(at("data_event", factories.EventDefinitionFactory.create().pk)).status_code == 404
    assert analyst.get(at("data_property", factories.PropertyDefinitionFactory.create().pk)).status_code == 404


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("data_events", factories.EventDefinitionFactory),
        ("data_properties", factories.PropertyDefinitionFactory),
    ],
)
def test_a_page_costs_the_same_with_one_row_and_with_ten(project, analyst, at, name, make):
    make.create(project=project)
    analyst.get(at(name))
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as few:
        assert len(shown(analyst.get(at(name)))) == 1
    make.create_batch(9, project=project)
    quota.forget()
    notable.forget()
    with CaptureQueriesContext(connection) as many:
        assert len(shown(analyst.get(at(name)))) == 10

    assert len(many) == len(few) <= 12, "\n".join(query["sql"] for query in many)
