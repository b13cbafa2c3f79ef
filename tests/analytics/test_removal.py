"""An organization whose days are over is gone: rows, events and files, on each engine; and nobody else's."""

from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.db.models import ForeignKey, OneToOneField
from django.utils import timezone

from accounts.access import Actor
from accounts.models import AuditEntry, Organization, User
from accounts.services import closing
from analytics.models import Project
from analytics.queries import imports, live, storage
from analytics.services import engine as writers
from analytics.services import ingestion, removal, sealing
from analytics.store.base import StoreFault
from inference.models import Job
from tests import factories
from tests.analytics.events import event, store

pytestmark = pytest.mark.django_db


def due(organization) -> None:
    """Its days of grace ended a moment ago."""
    Organization.objects.filter(pk=organization.pk).update(deletes_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def other():
    """A project of somebody else, with an event."""
    project = factories.ProjectFactory.create()
    store(project, [event(message_id="theirs")])
    return project


def test_events_are_gone_from_the_engine_and_those_of_others_stay(engine, organization, project, other) -> None:
    second = factories.ProjectFactory.create(organization=organization)
    store(project, [event(message_id="one"), event(message_id="two")])
    store(second, [event(message_id="three")])
    engine.tidy(project)
    assert len(engine.rows(project, "message_id")) == 2
    due(organization)

    assert removal.remove_due() == 1

    assert engine.rows(project, "message_id") == []
    assert engine.rows(second, "message_id") == []
    assert engine.rows(other, "message_id") == [("theirs",)]


def test_rows_files_and_the_live_view_are_gone(organization, owner, project, other) -> None:
    person = owner
    store(project, [event(anonymous_id="phone"), event(kind="identify", anonymous_id="phone", user_id="ada")])
    ingestion.accept(project=project, events=[event(message_id="waits")])
    upload = factories.ImportFactory.create(project=project)
    imports.folder().mkdir(parents=True, exist_ok=True)
    imports.path_of(upload).write_bytes(b"rows")
    aside = storage.unreadable_folder() / str(project.pk)
    aside.mkdir(parents=True)
    (aside / "1.zst").write_bytes(b"unreadable")
    for make in (factories.CohortFactory, factories.InsightFactory, factories.PersonTraitsFactory):
        make.create(project=project)
    factories.JobFactory.create(organization=organization)
    factories.SecretKeyFactory.create(organization=organization)
    factories.InvitationFactory.create(organization=organization)
    factories.DomainClaimFactory.create(organization=organization)
    connection = factories.SingleSignOnFactory.create(organization=organization)
    factories.SocialAccountFactory.create(user=person, provider=connection.provider_id)
    elsewhere = factories.SocialAccountFactory.create()
    due(organization)

    removal.remove_due()

    assert not (storage.folder() / str(project.pk)).exists()
    assert (storage.folder() / str(other.pk)).exists()
    assert not aside.exists()
    assert not imports.path_of(upload).exists()
    assert live.client().exists(live.key(project.pk)) == 0
    assert rows_of_tenants() == {("Organization", other.organization_id), ("Project", other.pk)}
    kept = AuditEntry.objects.get(organization=None)
    assert (kept.action, kept.target_name) == ("organization.deleted", "Acme")
    # People are not the organization's.
    assert User.objects.filter(pk=person.pk).exists()
    assert list(SocialAccount.objects.all()) == [elsewhere]
    assert not Job.objects.exists()


def rows_of_tenants() -> set[tuple[str, int]]:
    """Organizations and projects that some row of ours still names, and those that are there."""
    models = [
        model for model in apps.get_models() if model._meta.app_label in {"accounts", "analytics", "inference"}
    ]
    found = {("Organization", pk) for pk in Organization.objects.values_list("pk", flat=True)}
    found |= {("Project", pk) for pk in Project.objects.values_list("pk", flat=True)}
    for model in models:
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | OneToOneField) and field.related_model in {Organization, Project}:
                named = model._default_manager.exclude(**{field.name: None}).values_list(field.attname, flat=True)
                found |= {(field.related_model.__name__, pk) for pk in named}
    return found


def test_before_its_time_and_after_it_was_taken_back_nothing_goes(organization, owner, project) -> None:
    store(project, [event(message_id="one")])
    assert removal.remove_due() == 0
    closing.request(organization=organization, actor=Actor(user=owner))
    assert removal.remove_due() == 0
    assert removal.remove_due(now=timezone.now() + timedelta(days=13, hours=23)) == 0

    closing.restore(organization=organization, actor=Actor(user=owner))

    assert removal.remove_due(now=timezone.now() + timedelta(days=15)) == 0
    assert not removal.remove(organization_id=organization.pk, now=timezone.now() + timedelta(days=15))
    assert Project.objects.filter(pk=project.pk).exists()
    assert (storage.folder() / str(project.pk)).exists()


def test_a_fault_of_one_stops_no_other(organization, project, other, monkeypatch, caplog) -> None:
    due(organization)
    due(other.organization)
    real = writers.writer()

    class Failing:
        def remove(self, project_id: int) -> None:
            if project_id == project.pk:
                raise StoreFault("It does not answer.")
            real.remove(project_id)

    monkeypatch.setattr(writers, "writer", Failing)

    assert removal.remove_due() == 1

    assert "It does not answer." in caplog.text
    assert not Organization.objects.exists()
    assert not (storage.folder() / str(other.pk)).exists()


def test_what_seals_finds_nothing_of_a_project_that_is_gone(organization, project) -> None:
    due(organization)
    removal.remove_due()

    assert sealing.seal_project(project_id=project.pk) == sealing.SealReport(project.pk)
    assert sealing.seal_all() == []
