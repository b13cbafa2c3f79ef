"""What is known of people and groups: the value of the latest event, whatever arrives when, whoever is whom."""

import itertools
import json
from datetime import timedelta

import pytest

from analytics.contracts import Kind
from analytics.models import GroupTraits, PersonTraits
from analytics.services import traits as service
from analytics.traits import LONGEST_VALUE, MOST_TRAITS, Profile
from tests import factories
from tests.analytics.events import NOON, event, store


def identify(user="", traits=None, *, at=0, anonymous="", once=None):
    context = json.dumps({"set_once": once}) if once is not None else "{}"
    moment = NOON + timedelta(hours=at)
    return event(
        moment, kind=Kind.IDENTIFY, user_id=user, anonymous_id=anonymous, properties=traits, context=context
    )


def alias(previous, user):
    return event(kind=Kind.ALIAS, previous_id=previous, user_id=user)


def group(group_id, traits, *, at=0):
    return event(NOON + timedelta(hours=at), kind=Kind.GROUP, group_id=group_id, user_id="ada", properties=traits)


def people(project):
    return dict(PersonTraits.objects.filter(project=project).values_list("person", "traits"))


def profile(told):
    """A profile that was told (time, traits) or (time, traits, once) in this order."""
    found = Profile()
    for time, traits, *once in told:
        found.learn(traits, time, once=bool(once))
    return found


def every_order(told):
    return {json.dumps(profile(order).traits, sort_keys=True) for order in itertools.permutations(told)}


@pytest.mark.parametrize(
    ("told", "traits"),
    [
        ([(1, {"a": 1}), (2, {"a": 2})], {"a": 2}),
        # Each trait for itself.
        ([(1, {"a": 1, "b": 1}), (2, {"b": 2, "c": 2})], {"a": 1, "b": 2, "c": 2}),
        # Unset, and not brought back by what is older.
        ([(1, {"a": 1}), (2, {"a": None})], {}),
        ([(1, {"a": 1}), (2, {"a": None}), (3, {"a": 3})], {"a": 3}),
        # Of what is set once, the earliest; but whatever was set, or unset, wins.
        ([(1, {"a": 1}, "once"), (2, {"a": 2}, "once")], {"a": 1}),
        ([(3, {"a": 1}, "once"), (2, {"a": 2})], {"a": 2}),
        ([(1, {"a": 1}, "once"), (2, {"a": 2})], {"a": 2}),
        ([(1, {"a": None}), (2, {"a": 2}, "once")], {}),
        ([(1, {"a": None}, "once"), (2, {"a": 2}, "once")], {"a": 2}),
        # Before 1970, too.
        ([(-5, {"a": 1}), (-4, {"a": 2}), (3, {"b": 1}, "once"), (-3, {"b": 2}, "once")], {"a": 2, "b": 2}),
    ],
)
def test_the_value_of_a_trait_does_not_depend_on_the_order_of_arrival(told, traits):
    assert every_order(told) == {json.dumps(traits)}


def test_of_two_values_at_the_same_time_the_one_that_arrived_later_wins():
    assert profile([(1, {"a": "first"}), (1, {"a": "second"})]).traits == {"a": "second"}
    assert profile([(1, {"a": "first"}, "once"), (1, {"a": "second"}, "once")]).traits == {"a": "first"}


def test_two_profiles_become_one_by_the_same_rule():
    old = profile(
        [(5, {"plan": "pro", "city": "Rome"}), (1, {"tie": "old", "gone": 1}), (2, {"ref": "a"}, "once")]
    )
    stays = profile([(9, {"city": "Oslo", "gone": None}), (1, {"tie": "stays"}), (1, {"ref": "b"}, "once")])

    merged = old.and_then(stays)

    assert merged.traits == {"plan": "pro", "city": "Oslo", "tie": "stays", "ref": "b"}


def test_what_a_profile_holds_is_limited():
    found = profile([(1, {f"t{place}": place for place in range(MOST_TRAITS)})])
    found.learn({"one more": 1, "t0": "x" * LONGEST_VALUE, "t1": ["short"]}, 2)

    assert len(found.ranks) == MOST_TRAITS
    assert "one more" not in found.traits
    assert "t0" not in found.traits
    assert found.traits["t1"] == ["short"]


@pytest.mark.django_db
def test_sealing_keeps_the_traits_of_people(project):
    store(project, [identify("ada", {"name": "Ada", "plan": "free"}, at=1), identify("bob", {"name": "Bob"})])
    store(project, [identify("ada", {"plan": "pro"}, at=2), identify("ada", {"plan": "old", "city": "Rome"})])

    row = PersonTraits.objects.get(project=project, person="ada")

    assert people(project) == {"ada": {"name": "Ada", "plan": "pro", "city": "Rome"}, "bob": {"name": "Bob"}}
    assert (row.first_seen, row.last_seen) == (NOON, NOON + timedelta(hours=2))


@pytest.mark.django_db
def test_traits_given_once_stand_in_the_context(project):
    store(project, [identify("ada", {"plan": "pro"}, once={"referrer": "a", "plan": "free"}, at=1)])
    store(project, [identify("ada", once={"referrer": "b"}, at=2), identify("ada", once="nonsense")])

    assert people(project) == {"ada": {"plan": "pro", "referrer": "a"}}


@pytest.mark.django_db
def test_an_event_of_any_kind_may_tell_traits_of_its_person(project):
    def telling(kind, at, **context):
        moment = NOON + timedelta(hours=at)
        return event(moment, kind=kind, user_id="ada", group_id="acme", context=json.dumps(context))

    store(
        project,
        [
            telling(Kind.TRACK, 2, traits={"plan": "pro"}, set_once={"referrer": "a"}),
            telling(Kind.PAGE, 1, traits={"plan": "free", "city": "Rome"}),
            telling(Kind.GROUP, 0, traits="nonsense", set_once={"referrer": "first"}),
            event(user_id="bob", context=json.dumps({"other": {"traits": 1}})),
            event(user_id="bob", context='{"traits": '),
            event(user_id="bob", context='["traits"]'),
        ],
    )

    assert people(project) == {"ada": {"plan": "pro", "city": "Rome", "referrer": "first"}}
    assert not GroupTraits.objects.exists()


@pytest.mark.django_db
def test_what_changes_nothing_is_not_written(project, django_assert_num_queries):
    told = identify("ada", once={"referrer": "a"})
    store(project, [told])
    again = [identify("ada", once={"referrer": "b"}, at=1)]

    with django_assert_num_queries(3):
        service.learn(project_id=project.pk, events=again, properties=[{}])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "batches",
    [
        [[identify("", {"city": "Rome"}, anonymous="c")], [identify("ada", {"plan": "pro"}, anonymous="c")]],
        [[identify("ada", {"plan": "pro"}), identify("", {"city": "Rome"}, anonymous="cookie")],
         [alias("cookie", "ada")]],
        # Linked by the one event, described by another of the same batch.
        [[identify("ada", {"plan": "pro"}, anonymous="c"), identify("", {"city": "Rome"}, anonymous="c")]],
        # One after the other: c → user → ada.
        [[identify("user", {"plan": "pro"}, anonymous="c"), identify("", {"city": "Rome"}, anonymous="phone")],
         [identify("user", anonymous="phone"), alias("c", "ada")]],
        [[identify("a", {"city": "Rome"}), identify("b", {"plan": "pro"})], [alias("a", "b"), alias("b", "ada")]],
    ],
)  # fmt: skip
def test_who_becomes_one_person_has_one_set_of_traits(project, batches):
    for batch in batches:
        store(project, batch)

    assert people(project) == {"ada": {"plan": "pro", "city": "Rome"}}


@pytest.mark.django_db
def test_the_newer_value_wins_when_two_become_one(project):
    store(project, [identify("a", {"plan": "old", "city": "new"}, at=1), identify("ada", {"city": "old"}, at=0)])
    store(project, [identify("ada", {"plan": "new"}, at=2)])

    store(project, [alias("a", "ada")])

    assert people(project) == {"ada": {"plan": "new", "city": "new"}}


@pytest.mark.django_db
def test_traits_on_somebody_else_s_device_belong_to_the_user_they_name(project):
    store(project, [identify("ada", {"name": "Ada"}, anonymous="laptop")])
    store(project, [identify("bob", {"name": "Bob"}, anonymous="laptop", at=1)])

    assert people(project) == {"ada": {"name": "Ada"}, "bob": {"name": "Bob"}}


@pytest.mark.django_db
def test_an_identify_without_traits_makes_nobody(project):
    store(project, [identify("ada", anonymous="cookie"), event(user_id="bob", properties={"plan": "pro"})])

    assert people(project) == {}


@pytest.mark.django_db
def test_groups_have_traits(project):
    store(project, [group("company:acme", {"name": "Acme", "seats": 5}, at=1)])
    store(project, [group("company:acme", {"seats": 3}), group("team:a", {"name": "A"}), group("empty", {})])

    assert dict(GroupTraits.objects.filter(project=project).values_list("group", "traits")) == {
        "company:acme": {"name": "Acme", "seats": 5},
        "team:a": {"name": "A"},
    }


@pytest.mark.django_db
def test_the_traits_of_one_project_are_not_another_s(project):
    other = factories.ProjectFactory.create()
    store(other, [identify("ada", {"plan": "pro"}), group("acme", {"plan": "pro"})])

    store(project, [identify("ada", {"city": "Rome"}), alias("ada", "ada.l"), group("acme", {"city": "Rome"})])

    assert people(other) == {"ada": {"plan": "pro"}}
    assert people(project) == {"ada.l": {"city": "Rome"}}
    assert GroupTraits.objects.get(project=project).traits == {"city": "Rome"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("traits", "kept"),
    [
        ({"a": "b\0", "n": 10**400}, {"a": "b\ufffd"}),
        ({"deep": [[[[[[[[[[1]]]]]]]]]]}, None),
        ({"x" * 201: 1}, None),
    ],
)
def test_what_no_database_can_hold_stops_nothing(project, traits, kept):
    report = store(
        project,
        [
            identify("ada", traits),
            identify("nul\0", {"a": 1}),
            identify("x" * 1001, {"a": 1}),
            group("\0", {"a": 1}),
        ],
    )

    assert report.events == 4
    assert people(project).get("ada") == kept
    assert not GroupTraits.objects.exists()


@pytest.mark.django_db
def test_a_batch_that_describes_nobody_costs_no_query(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        service.learn(project_id=project.pk, events=[event(user_id="ada")], properties=[{}])
