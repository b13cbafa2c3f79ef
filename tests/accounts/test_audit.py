"""The audit log: what is in an entry, and that nobody changes one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import keys
from accounts.access import SYSTEM, Actor
from accounts.audited import Action, ActorKind, Place, Target
from accounts.models import AuditEntry, Organization
from accounts.origin import Origin
from accounts.permissions import Role
from accounts.services import audit, organizations, secret_keys
from tests import factories

HOME = Origin("203.0.113.7", "Browser/1.0")


def record(organization, **fields) -> AuditEntry:
    given = {"action": Action.PROJECT_CHANGED, "actor": SYSTEM, "organization_id": organization.pk, **fields}
    audit.record(**given)
    return AuditEntry.objects.latest("id")


def test_an_entry_says_who_what_before_and_after_and_from_where(organization, owner) -> None:
    entry = record(
        organization,
        actor=Actor(user=owner, origin=HOME),
        target=Target(5, "Shop"),
        place=Place(7, "Shop"),
        before={"name": "Store"},
        after={"name": "Shop"},
    )

    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("person", owner.pk, owner.email)
    assert (entry.action, entry.target_id, entry.target_name) == ("project.changed", "5", "Shop")
    assert (entry.project_id, entry.project_name) == (7, "Shop")
    assert (entry.before, entry.after) == ({"name": "Store"}, {"name": "Shop"})
    assert (entry.address, entry.user_agent) == ("203.0.113.7", "Browser/1.0")


def test_every_kind_of_actor_is_told_from_the_others(organization, owner) -> None:
    key = factories.SecretKeyFactory.create(organization=organization, name="Nightly")

    found = [
        record(organization, actor=actor)
        for actor in (
            Actor(user=owner),
            Actor(user=owner, as_staff=True),
            Actor(secret_key=key),
            SYSTEM,
            Actor(origin=HOME),
        )
    ]

    assert [entry.actor_kind for entry in found] == ["person", "staff", "key", "system", "anonymous"]
    assert found[2].actor_name == f"Nightly ({key.hint}…)"
    assert [entry.actor_name for entry in found[3:]] == ["", ""]
    assert {entry.actor_kind for entry in found} == set(ActorKind.values)


def test_an_entry_is_there_with_its_change_or_not_at_all(organization, owner) -> None:
    person, actor = factories.UserFactory.create(), Actor(user=owner)

    with transaction.atomic():
        organizations.add_member(organization=organization, user=person, role=Role.VIEWER, actor=actor)
        noted = AuditEntry.objects.count()
        transaction.set_rollback(True)

    assert (noted, AuditEntry.objects.count()) == (1, 0)
    assert not organization.memberships.filter(user=person).exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_noted_outside_of_a_transaction() -> None:
    organization = factories.OrganizationFactory.create()

    with pytest.raises(RuntimeError, match="transaction"):
        record(organization)

    assert not AuditEntry.objects.exists()


def test_no_secret_gets_in(organization) -> None:
    text = keys.generate(keys.SECRET_PREFIX)
    old = "plw_" + "a" * 32

    entry = record(
        organization, target=Target(1, f"my {text}"), after={"name": f"it is {text}.", "spec": {"a": [old]}}
    )

    assert entry.after == {"name": f"it is {text[:8]}….", "spec": {"a": ["plw_aaaa…"]}}
    assert entry.target_name == f"my {text[:8]}…"
    with pytest.raises(ValueError, match="password"):
        record(organization, after={"password": "hung by a thread"})


def test_what_is_long_or_odd_is_made_to_fit(organization) -> None:
    entry = record(organization, target=Target(1, "n" * 300), after={"long": "x" * 5_000, "nul": "a\0b"})

    assert entry.after == {"long": "(5,002 characters, too long to keep)", "nul": "a�b"}
    assert len(entry.target_name) == 254


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET actor_name = 'nobody'",
        "UPDATE accounts_auditentry SET created_at = now()",
        "DELETE FROM accounts_auditentry",
        "DELETE FROM accounts_auditentry WHERE created_at < now()",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(organization, statement) -> None:
    factories.AuditEntryFactory.create(organization=organization, created_at=timezone.now() - timedelta(days=400))
    factories.AuditEntryFactory.create(organization=None)

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert AuditEntry.objects.count() == 2


def test_the_database_refuses_truncate_as_it_is_migrated(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON accounts_auditentry "
            "FOR EACH STATEMENT EXECUTE FUNCTION accounts_auditentry_refuse()"
        )
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE accounts_auditentry")


def test_entries_go_with_their_organization_and_only_they(organization) -> None:
    factories.AuditEntryFactory.create(organization=organization)
    stays = factories.AuditEntryFactory.create()

    organization.delete()

    assert list(AuditEntry.objects.all()) == [stays]
    assert not Organization.objects.filter(pk=organization.pk).exists()


def test_what_is_too_old_expires_and_nothing_else(organization, settings) -> None:
    settings.AUDIT_DAYS = 100
    now = timezone.now()
    for days in (99, 101):
        factories.AuditEntryFactory.create(organization=organization, created_at=now - timedelta(days=days))

    assert audit.expire(now=now) == 1
    assert [(now - entry.created_at).days for entry in AuditEntry.objects.all()] == [99]


def test_expiry_itself_cannot_reach_the_last_thirty_days(organization, settings) -> None:
    settings.AUDIT_DAYS = 100
    factories.AuditEntryFactory.create(organization=organization, created_at=timezone.now() - timedelta(days=29))

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        audit.expire(now=timezone.now() + timedelta(days=365))

    assert AuditEntry.objects.count() == 1


def test_only_what_differs_is_a_change() -> None:
    before, after = {"name": "Store", "zone": "UTC"}, {"name": "Shop", "zone": "UTC"}

    assert audit.differing(before, after) == ({"name": "Store"}, {"name": "Shop"})
    assert audit.differing(before, before) is None


def test_revoking_twice_is_noted_once(organization, owner) -> None:
    key = factories.SecretKeyFactory.create(organization=organization)

    for _ in range(2):
        secret_keys.revoke(key=key, actor=Actor(user=owner))

    assert [entry.action for entry in AuditEntry.objects.all()] == ["secret_key.revoked"]
