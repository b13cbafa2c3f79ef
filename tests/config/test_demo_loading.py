"""The demo is loaded as a client would send it, once, and the product's numbers are those of a plain count."""

import io
import itertools
import json
import stat

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum

from accounts import access, keys
from accounts.access import Actor
from accounts.models import Membership, Organization, SecretKey, User
from accounts.permissions import Capability, Role
from analytics.access import project_of
from analytics.models import DropCount, InboxEntry, Segment, WriteKey
from analytics.services import sealing
from config.demo import loading
from config.demo.models import DemoLoad
from config.demo.places import BOT_AGENTS
from config.demo.simulation import generate
from tests import factories

pytestmark = pytest.mark.django_db
EVENTS = 2_000


def load(**options) -> str:
    said = io.StringIO()
    call_command("load_demo", events=EVENTS, stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def path(settings):
    return settings.DATA_FOLDER / "demo.json"


@pytest.fixture
def kept():
    """The demo's calls that are no crawler's, as generated, beside their times; the demo has to be loaded."""

    def count(demo: DemoLoad):
        bots = {agent.text for agent in BOT_AGENTS.values}
        calls = generate(seed=demo.seed, events=demo.events, now=demo.now)
        return [call for _, call in calls if call["context"].get("userAgent") not in bots]

    return count


def test_it_sets_up_an_organization_whose_people_can_log_in(client, path):
    load(base_url="https://demo.example/")
    found = json.loads(path.read_text())
    organization = Organization.objects.get(slug=found["organization"])
    roles = dict(Membership.objects.filter(organization=organization).values_list("user__email", "role"))
    logins = found["logins"]
    assert found["base_url"] == "https://demo.example"
    assert roles == {logins[role]["email"]: role for role in (Role.OWNER, Role.ANALYST, Role.VIEWER)}
    assert all(client.login(username=login["email"], password=login["password"]) for login in logins.values())
    assert User.objects.get(is_superuser=True).email == logins["staff"]["email"]


def test_its_keys_open_its_project(path):
    load()
    found = json.loads(path.read_text())
    project = project_of(found["write_key"])
    assert project.pk == found["project_id"]
    actor = Actor(secret_key=access.secret_key(found["secret_key"]))
    granted = actor.capabilities_in(project.organization_id)
    assert {Capability.VIEW_DATA, Capability.SEND_EVENTS, Capability.RUN_JOBS} <= granted


def test_the_file_is_for_its_owner_alone(path):
    load()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [other.name for other in path.parent.glob("*demo*")] == ["demo.json"]


def test_every_call_is_stored_once_but_those_of_crawlers(kept):
    load()
    demo = DemoLoad.objects.get()
    stored = sum(Segment.objects.live().values_list("rows", flat=True))
    dropped = dict(DropCount.objects.values_list("reason").annotate(Sum("events")))
    assert stored == len(kept(demo)) > 1_000
    assert dropped == {"bot": demo.sent - stored}
    assert not InboxEntry.objects.exists()


def test_a_second_run_changes_nothing(path):
    load()
    before = path.read_bytes(), DemoLoad.objects.values().get(), set(Segment.objects.values_list("pk"))
    assert "there already" in load()
    assert (path.read_bytes(), DemoLoad.objects.values().get(), set(Segment.objects.values_list("pk"))) == before
    assert (WriteKey.objects.count(), SecretKey.objects.count()) == (1, 1)


def test_a_new_address_is_noted_and_all_else_kept(path):
    load(base_url="http://one.example")
    before = json.loads(path.read_text())
    load(base_url="http://two.example")
    assert json.loads(path.read_text()) == {**before, "base_url": "http://two.example"}


def test_a_lost_file_is_written_anew_and_the_old_keys_end(client, path):
    load()
    before = json.loads(path.read_text())
    path.unlink()
    load()
    after = json.loads(path.read_text())
    login = after["logins"]["owner"]
    assert client.login(username=login["email"], password=login["password"])
    assert project_of(after["write_key"]).pk == before["project_id"]
    assert not WriteKey.objects.active().filter(hash=keys.digest(before["write_key"])).exists()
    assert not SecretKey.objects.active().filter(hash=keys.digest(before["secret_key"])).exists()


@pytest.mark.parametrize("content", [b"", b'{"base_url": 1}', b"\xff\xfe"])
def test_a_file_that_is_not_whole_is_written_anew(path, content):
    load()
    path.write_bytes(content)
    load()
    key = json.loads(path.read_text())["write_key"]
    assert project_of(key) == DemoLoad.objects.get().project


class Killed(Exception):
    pass


def test_a_load_that_was_cut_off_goes_on_and_stores_nothing_twice(kept, monkeypatch):
    batches = loading.batches

    def cut_off(calls):
        yield from itertools.islice(batches(calls), 20)
        raise Killed

    monkeypatch.setattr(loading, "batches", cut_off)
    with pytest.raises(Killed):
        load()
    monkeypatch.undo()
    assert 0 < DemoLoad.objects.get().sent < EVENTS / 2
    load()
    demo = DemoLoad.objects.get()
    assert sum(Segment.objects.live().values_list("rows", flat=True)) == len(kept(demo))
    assert set(DropCount.objects.values_list("reason", flat=True)) == {"bot"}


def test_two_that_load_at_the_same_time_send_nothing_twice(monkeypatch):
    batches = loading.batches

    def overtaken(calls):
        for batch in itertools.islice(batches(calls), 20):
            yield batch
        DemoLoad.objects.update(sent=F("sent") + 1)
        yield batch

    monkeypatch.setattr(loading, "batches", overtaken)
    with pytest.raises(CommandError, match="another process"):
        load()
    assert DemoLoad.objects.get().finished_at is None


def test_it_waits_for_a_worker_that_seals_at_the_same_time(monkeypatch):
    turns = iter([None, None])
    seal = sealing.seal_project

    def after_two_turns(*, project_id: int):
        return next(turns, project_id) and seal(project_id=project_id)

    monkeypatch.setattr(sealing, "seal_project", after_two_turns)
    monkeypatch.setattr(loading, "PAUSE_SECONDS", 0)
    load()
    assert not InboxEntry.objects.exists()


def test_it_does_not_wait_for_ever_and_can_be_finished_later(monkeypatch):
    monkeypatch.setattr(sealing, "seal_project", lambda **_: None)
    monkeypatch.setattr(loading, "PAUSE_SECONDS", 0)
    with pytest.raises(CommandError, match="Run this again"):
        load()
    monkeypatch.undo()
    assert "is loaded" in load()
    assert not InboxEntry.objects.exists()


def test_progress_is_told_in_tenths():
    said = load()
    assert "Demo: 10 %" in said
    assert "Demo: 50 %" in said


def test_an_organization_of_the_same_address_is_left_alone():
    factories.OrganizationFactory(slug="acme")
    with pytest.raises(CommandError, match="'acme' is taken"):
        load()
    assert not DemoLoad.objects.exists()


def test_it_can_be_removed_and_loaded_again(path):
    factories.MembershipFactory(organization__slug="theirs", user__email="colleague@elsewhere.test")
    load()
    load(remove=True)
    assert not path.exists()
    assert [organization.slug for organization in Organization.objects.all()] == ["theirs"]
    assert [user.email for user in User.objects.all()] == ["colleague@elsewhere.test"]
    assert not Segment.objects.exists()
    assert "is loaded" in load()
    assert Organization.objects.filter(slug="acme").exists()


def test_people_who_are_elsewhere_too_outlive_the_demo():
    load()
    factories.MembershipFactory(user=User.objects.get(email="owner@acme.example"))
    load(remove=True)
    assert [user.email for user in User.objects.all()] == ["owner@acme.example"]


def test_without_a_demo_there_is_nothing_to_remove():
    with pytest.raises(CommandError, match="no demo"):
        load(remove=True)


@pytest.mark.parametrize("events", [0, -5, 10**8])
def test_a_size_out_of_reason_is_refused(events):
    with pytest.raises(CommandError, match="--events"):
        call_command("load_demo", events=events)
