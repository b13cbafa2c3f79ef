"""What is done in a project is in the audit log, by page, by API and by the product itself."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import keys
from accounts.access import SYSTEM, Actor
from accounts.audited import Action
from accounts.models import AuditEntry
from accounts.permissions import Scope
from analytics.ingestion.files.formats import Format
from analytics.models import Import, Project, WriteKey
from analytics.queries.erasures import hash_of
from analytics.services import cohorts, compaction, erasing, erasures, import_work, projects, sealing, uploads
from analytics.services.cohorts import Content
from tests import factories

PROJECT = "/o/acme/p/shop/"
SPEC = {"kind": "overview", "period": {"last": "7d"}}


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def api(project) -> str:
    return f"/api/v1/projects/{project.pk}/"


def log() -> list[tuple]:
    """Action, target, before and after, in their order."""
    found = AuditEntry.objects.order_by("id")
    return [(row.action, row.target_name, row.before, row.after) for row in found]


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_project_is_made_and_changed(desk, organization, owner) -> None:
    desk.post("/o/acme/projects/new/", {"name": "Shop", "time_zone": "UTC"})
    project = Project.objects.get()
    given = {"name": "Store", "time_zone": "Europe/Berlin", "first_weekday": "0", "browser_window_days": "5"}
    desk.post(PROJECT + "settings/", given)
    desk.post(PROJECT + "settings/", given)

    assert log() == [
        (Action.PROJECT_CREATED, "Shop", None, {"name": "Shop", "slug": "shop", "time_zone": "UTC"}),
        (
            Action.PROJECT_CHANGED,
            "Store",
            {"name": "Shop", "time_zone": "UTC"},
            {"name": "Store", "time_zone": "Europe/Berlin"},
        ),
    ]
    entry = AuditEntry.objects.latest("id")
    assert (entry.organization, entry.project_id, entry.project_name) == (organization, project.pk, "Store")
    assert (entry.actor_id, entry.actor_kind, entry.address) == (owner.pk, "person", "127.0.0.1")


def test_write_keys_are_made_and_revoked_without_their_text(desk, project) -> None:
    desk.post(PROJECT + "settings/keys/", {"name": "Website"})
    key = WriteKey.objects.get()
    desk.post(f"{PROJECT}settings/keys/{key.pk}/revoke/")
    desk.post(f"{PROJECT}settings/keys/{key.pk}/revoke/")

    facts = {"name": "Website", "hint": key.hint}
    assert log() == [
        (Action.WRITE_KEY_CREATED, str(key), None, facts),
        (Action.WRITE_KEY_REVOKED, str(key), facts, None),
    ]
    assert key.hash not in str(log())


def test_sites_are_added_and_removed(desk, project, api) -> None:
    made = desk.post(api + "sites/", {"name": "shop.test"}, "application/json").json()
    desk.delete(f"{api}sites/{made['id']}/")

    assert log() == [
        (Action.SITE_ADDED, "shop.test", None, {"name": "shop.test"}),
        (Action.SITE_REMOVED, "shop.test", {"name": "shop.test"}, None),
    ]


def test_events_and_properties_are_described(desk, project, api) -> None:
    event = factories.EventDefinitionFactory.create(project=project, name="Paid")
    trait = factories.PropertyDefinitionFactory.create(project=project, name="plan")

    address = f"{api}definitions/events/{event.pk}/"
    desk.patch(address, {"description": "Money.", "hidden": False}, "application/json")
    desk.patch(address, {"description": "Money."}, "application/json")
    desk.post(f"{PROJECT}data/properties/{trait.pk}/", {"description": "", "hidden": "on"})

    assert log() == [
        (Action.EVENT_CHANGED, "Paid", {"description": ""}, {"description": "Money."}),
        (Action.PROPERTY_CHANGED, "plan", {"hidden": False}, {"hidden": True}),
    ]


def test_insights_by_a_key(client, organization, project, api) -> None:
    text = keys.generate(keys.SECRET_PREFIX)
    key = factories.SecretKeyFactory.create(organization=organization, text=text, scopes=[Scope.QUERY])
    sent = {"headers": {"Authorization": f"Bearer {text}"}, "content_type": "application/json"}

    made = client.post(api + "insights/", {"name": "Week", "spec": SPEC}, **sent).json()
    address = f"{api}insights/{made['id']}/"
    client.patch(address, {"name": "This week"}, **sent)
    client.delete(address, **sent)
    client.post(f"{address}restore/1/", **sent)

    assert actions() == [
        Action.INSIGHT_CREATED,
        Action.INSIGHT_CHANGED,
        Action.INSIGHT_DELETED,
        Action.INSIGHT_RESTORED,
    ]
    assert log()[1] == (Action.INSIGHT_CHANGED, "This week", {"name": "Week"}, {"name": "This week"})
    assert set(AuditEntry.objects.values_list("actor_kind", "actor_id")) == {("key", key.pk)}


def test_cohorts_tell_how_many_people_a_list_has_and_not_whom(owner, project) -> None:
    actor = Actor(user=owner)
    cohort = cohorts.create(project=project, actor=actor, content=Content("VIPs", "", people=["ada", "bob"]))
    cohorts.change(cohort=cohort, actor=actor, content=Content(people=["ada"]))
    cohorts.delete(cohort=cohort, actor=actor)

    assert log() == [
        (Action.COHORT_CREATED, "VIPs", None, {"name": "VIPs", "description": "", "people": 2}),
        (Action.COHORT_CHANGED, "VIPs", {"people": 2}, {"people": 1}),
        (Action.COHORT_DELETED, "VIPs", {"name": "VIPs", "description": "", "people": 1}, None),
    ]


def test_exports_of_events_and_of_a_person(desk, project, api) -> None:
    whole = desk.get(api + "export/?format=csv&from=2026-03-01&event=Paid&columns=name")
    desk.get(api + "export/?format=nonsense")
    desk.get(PROJECT + "settings/privacy/export/?person=carol")

    assert whole.status_code == 200
    assert log() == [
        (
            Action.EVENTS_EXPORTED,
            "",
            None,
            {"format": "csv", "from": "2026-03-01", "to": None, "events": ["Paid"], "columns": ["name"]},
        ),
        (Action.PERSON_EXPORTED, "a person", None, {"person": hash_of(project.pk, "carol")}),
    ]
    assert "carol" not in str(log())


def test_an_erasure_names_nobody_and_ends_in_the_log(project, owner) -> None:
    erasures.request(project=project, actor=Actor(user=owner), person="carol", idempotency_key="once")
    erasures.request(project=project, actor=Actor(user=owner), person="carol", idempotency_key="once")
    soon, later = timezone.now() + timedelta(minutes=2), timezone.now() + timedelta(minutes=20)
    erasing.erase_project(project_id=project.pk, now=soon)
    compaction.sweep(now=later)
    erasing.erase_project(project_id=project.pk, now=later)

    assert actions() == [Action.ERASURE_REQUESTED, Action.ERASURE_FINISHED]
    assert list(AuditEntry.objects.order_by("id").values_list("actor_kind", flat=True)) == ["person", "system"]
    assert "carol" not in str(log())
    assert log()[0][3]["person"] == log()[1][3]["person"] == hash_of(project.pk, "carol")


def test_imports_from_upload_to_end(project, owner) -> None:
    actor = Actor(user=owner)
    file = io.BytesIO(b'{"event": "Paid", "user_id": "u", "timestamp": "2026-01-01T00:00:00Z"}\n')
    item = uploads.create(project=project, kind=Format.NDJSON, name="e.ndjson", content=file, actor=actor)
    uploads.start(item=item, options={}, actor=actor)
    import_work.work(import_id=item.pk)

    assert log() == [
        (Action.IMPORT_CREATED, "e.ndjson", None, {"format": "ndjson", "options": {}}),
        (Action.IMPORT_STARTED, "e.ndjson", None, {"format": "ndjson", "options": {}}),
        (
            Action.IMPORT_FINISHED,
            "e.ndjson",
            None,
            {"format": "ndjson", "state": "done", "rows": 1, "accepted": 1, "dropped": 0, "unreadable": 0},
        ),
    ]


def test_imports_cancelled_and_tried_again(project, settings) -> None:
    failed = factories.ImportFactory.create(project=project, state="failed", problem="Broken.")
    folder = settings.DATA_FOLDER / "imports"
    folder.mkdir(parents=True)
    (folder / str(failed.pk)).write_bytes(b"{}")

    uploads.retry(item=failed, actor=SYSTEM)
    uploads.cancel(item=Import.objects.get(), actor=SYSTEM)

    assert actions() == [Action.IMPORT_RETRIED, Action.IMPORT_CANCELLED]


def test_staff_change_a_project(client, project) -> None:
    staff = factories.UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(staff)
    given = {"organization": project.organization_id, "name": "Shop", "slug": "store", "time_zone": "UTC"}

    client.post(
        f"/admin/analytics/project/{project.pk}/change/", {**given, "first_weekday": 0, "browser_window_days": 5}
    )

    assert log() == [(Action.PROJECT_CHANGED, "Shop", {"slug": "shop"}, {"slug": "store"})]
    assert AuditEntry.objects.get().actor_kind == "staff"


def test_what_is_sent_is_no_change_of_consequence(project) -> None:
    """Events are counted elsewhere: the log is of what people and keys change."""
    factories.WriteKeyFactory.create(project=project)
    sealing.seal_project(project_id=project.pk)

    assert log() == []


def test_a_change_of_options_waits_for_nobody_else_s(project) -> None:
    """Two who change different fields both win: what is not given stays as it is in the database."""
    stale = Project.objects.get(pk=project.pk)
    projects.change(project=project, actor=SYSTEM, values={"name": "Store"})
    projects.change(project=stale, actor=SYSTEM, values={"keep_addresses": True})

    changed = Project.objects.get(pk=project.pk)
    assert (changed.name, changed.keep_addresses) == ("Store", True)
    assert datetime.now(UTC) >= AuditEntry.objects.latest("id").created_at
