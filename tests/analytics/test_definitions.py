"""Events and properties are learnt when they are sealed, counted exactly, and listed up to a limit."""

from datetime import timedelta

import pytest

from accounts.access import SYSTEM
from accounts.errors import Invalid
from analytics.contracts import Kind
from analytics.models import EventDefinition, EventProperty, PropertyDefinition, PropertyReading
from analytics.services import definitions
from tests import factories
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def events_of(project):
    rows = EventDefinition.objects.filter(project=project).order_by("name", "kind")
    return list(rows.values_list("name", "kind", "volume"))


def readings_of(project, subject="event"):
    rows = PropertyReading.objects.filter(definition__project=project, definition__subject=subject)
    return list(rows.order_by("definition__name", "type").values_list("definition__name", "type", "volume"))


def test_sealing_learns_the_names_of_events_and_how_often_they_come(project):
    store(project, [event(name="Paid"), event(name="Paid"), event(kind=Kind.PAGE)])
    store(project, [event(name="Paid"), event(name="page")])

    assert events_of(project) == [("Paid", "track", 3), ("page", "page", 1), ("page", "track", 1)]


def test_first_and_last_are_by_the_time_of_the_event_whatever_arrives_when(project):
    for hours in (2, 5, 0, 3):
        store(project, [event(NOON + hours * HOUR, name="Paid", properties={"plan": "pro"})])

    paid = EventDefinition.objects.get(project=project)
    plan = PropertyReading.objects.get(definition__project=project)

    assert (paid.first_seen, paid.last_seen, paid.volume) == (NOON, NOON + 5 * HOUR, 4)
    assert (plan.first_seen, plan.last_seen, plan.volume) == (NOON, NOON + 5 * HOUR, 4)


def test_a_property_has_a_reading_for_each_type_that_it_had(project):
    values = [5, 2.5, "7", True, [1], {"a": 1}, None]
    store(project, [event(properties={"x": value}) for value in values])

    assert readings_of(project) == [
        ("x", "boolean", 1), ("x", "list", 1), ("x", "number", 2), ("x", "object", 1), ("x", "text", 1),
    ]  # fmt: skip


def test_a_property_that_changes_its_type_keeps_both_readings_with_their_own_times(project):
    store(project, [event(NOON, properties={"seats": 5})])
    store(project, [event(NOON + HOUR, properties={"seats": "five"})])

    readings = PropertyReading.objects.filter(definition__project=project).order_by("type")

    assert [(item.type, item.last_seen) for item in readings] == [("number", NOON), ("text", NOON + HOUR)]
    assert PropertyDefinition.objects.filter(project=project).count() == 1


def test_a_property_without_a_value_is_none(project):
    store(project, [event(properties={"nothing": None})])

    assert not PropertyDefinition.objects.exists()


def test_a_property_says_which_events_have_it(project):
    store(project, [event(name="Paid", properties={"plan": "pro", "price": 5})])
    store(project, [event(name="Left", properties={"plan": "pro"}), event(name="Paid", properties={"plan": "a"})])

    pairs = EventProperty.objects.order_by("event__name", "definition__name")

    assert list(pairs.values_list("event__name", "definition__name")) == [
        ("Left", "plan"), ("Paid", "plan"), ("Paid", "price"),
    ]  # fmt: skip


def test_traits_are_properties_of_people_and_groups(project):
    traits = {"name": "Ada"}
    store(
        project,
        [
            event(kind=Kind.IDENTIFY, user_id="ada", properties=traits),
            event(kind=Kind.GROUP, group_id="acme", properties=traits),
            event(properties=traits),
        ],
    )

    assert [readings_of(project, subject) for subject in ("person", "group", "event")] == [
        [("name", "text", 1)]
    ] * 3


def test_traits_in_the_context_of_an_event_are_properties_of_people(project):
    context = '{"traits": {"plan": "pro", "gone": null}, "set_once": {"plan": "free", "referrer": "a"}}'
    store(project, [event(name="Paid", user_id="ada", context=context, properties={"price": 5})])

    assert readings_of(project, "person") == [("plan", "text", 1), ("referrer", "text", 1)]
    assert readings_of(project) == [("price", "number", 1)]


def test_a_duplicate_is_not_counted(project):
    again = event(name="Paid", message_id="same", properties={"plan": "pro"})
    store(project, [again, again])
    store(project, [again])

    assert events_of(project) == [("Paid", "track", 1)]
    assert readings_of(project) == [("plan", "text", 1)]


def test_projects_learn_apart(project):
    store(factories.ProjectFactory.create(), [event(name="Elsewhere", properties={"a": 1})])
    store(project, [event(name="Here")])

    assert events_of(project) == [("Here", "track", 1)]
    assert readings_of(project) == []


def test_beyond_the_limit_names_are_not_listed_but_stored_and_what_is_listed_goes_on(project, monkeypatch):
    monkeypatch.setattr(definitions, "MOST_EVENTS", 2)
    monkeypatch.setattr(definitions, "MOST_PROPERTIES", 1)
    monkeypatch.setattr(definitions, "MOST_PAIRS", 1)
    store(project, [event(name="a", properties={"p": 1})])

    often = [event(name="c", properties={"p": 1, "q": 1}) for _ in range(2)]
    report = store(project, [*often, event(name="b"), event(name="a", properties={"q": 1})])

    assert report.events == 4
    assert events_of(project) == [("a", "track", 2), ("c", "track", 2)]
    assert readings_of(project) == [("p", "number", 3)]
    assert EventProperty.objects.count() == 1


@pytest.mark.parametrize("name", ["nul\0", "x" * 201])
def test_a_name_that_no_list_can_hold_stops_nothing(project, name):
    report = store(project, [event(name=name, properties={"x" * 201: 1, "good": 1})])

    assert report.events == 1
    assert events_of(project) == []
    assert readings_of(project) == [("good", "number", 1)]


def test_a_batch_of_known_names_costs_the_same_however_large(project, django_assert_num_queries):
    def batch(size):
        return [event(name=f"e{place}", properties={f"p{place}": 1, "x": "y"}) for place in range(size)]

    def learn(events):
        properties = [{f"p{place}": 1, "x": "y"} for place in range(len(events))]
        definitions.learn(project_id=project.pk, events=events, properties=properties)

    learn(batch(50))
    for size in (1, 50):
        with django_assert_num_queries(5):
            learn(batch(size))


def test_people_describe_and_hide_and_learning_leaves_that_alone(project):
    store(project, [event(name="Paid", properties={"plan": "pro"})])
    paid = EventDefinition.objects.get(project=project)
    definitions.describe(actor=SYSTEM, definition=paid, description="Money came in.", hidden=True)
    definitions.describe(actor=SYSTEM, definition=PropertyDefinition.objects.get(project=project), hidden=True)

    store(project, [event(name="Paid", properties={"plan": "pro"})])

    paid.refresh_from_db()
    assert (paid.description, paid.hidden, paid.volume) == ("Money came in.", True, 2)
    assert PropertyDefinition.objects.get(project=project).hidden


def test_a_description_has_a_limit(project):
    store(project, [event(name="Paid")])

    with pytest.raises(Invalid) as refused:
        definitions.describe(actor=SYSTEM, definition=EventDefinition.objects.get(), description="x" * 2001)

    assert [item.field for item in refused.value.fields] == ["description"]
