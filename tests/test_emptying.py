"""What a test committed is gone for the next one, also where the database itself forbids to delete it."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from accounts.models import AuditEntry, Organization
from tests import emptying, factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_all_rows_go_and_what_django_made_for_itself_stays(owner, project) -> None:
    factories.AuditEntryFactory.create(organization=project.organization)
    permissions = Permission.objects.count()

    emptying.empty()

    assert not AuditEntry.objects.exists()
    assert not Organization.objects.exists()
    assert Permission.objects.count() == permissions > 0


def test_triggers_watch_again_afterwards() -> None:
    emptying.empty()

    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
