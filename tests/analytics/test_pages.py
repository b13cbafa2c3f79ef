"""The pages of customers: who may see them, and what they say."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from analytics.models import Project, WriteKey
from tests import factories


@pytest.fixture
def at(client, project):
    """`at("live")`: the address of a page of the project."""
    return lambda name, *rest: reverse(name, args=[project.organization.slug, project.slug, *rest])


def test_home_leads_a_stranger_to_the_login(client, db):
    response = client.get("/")
    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=/"


def test_home_leads_to_the_first_project(client, owner, project, at):
    client.force_login(owner)
    assert client.get("/").url == at("overview")


def test_home_without_a_project_leads_to_the_organization(client, owner, organization):
    client.force_login(owner)
    assert client.get("/").url == reverse("organization", args=["acme"])


def test_home_without_an_organization_leads_to_making_one(client, db):
    client.force_login(factories.UserFactory())
    assert client.get("/").url == reverse("organization_new")


def test_making_an_organization_makes_its_owner(client, db):
    user = factories.UserFactory.create()
    client.force_login(user)
    response = client.post(reverse("organization_new"), {"name": "Beta Ltd"})
    assert response.url == reverse("project_new", args=["beta-ltd"])
    assert user.memberships.get().role == Role.OWNER


@pytest.mark.parametrize("name", ["", "!!!", "Acme"])
def test_an_organization_needs_a_name_that_is_free(client, owner, name):
    client.force_login(owner)
    response = client.post(reverse("organization_new"), {"name": name})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()


def test_an_organization_shows_its_projects_and_no_others(client, teammate, project):
    other = factories.ProjectFactory(name="Not theirs")
    client.force_login(teammate)
    page = client.get(reverse("organization", args=["acme"])).content.decode()
    assert project.name in page
    assert other.name not in page
    assert reverse("project_new", args=["acme"]) not in page


def test_making_a_project(client, owner, organization):
    client.force_login(owner)
    response = client.post(reverse("project_new", args=["acme"]), {"name": "Site", "time_zone": "Asia/Tokyo"})
    made = Project.objects.get(slug="site")
    assert response.url == reverse("overview", args=["acme", "site"])
    assert made.time_zone == "Asia/Tokyo"
    assert made.manifest.version == 0


def test_a_project_in_no_time_zone_is_refused(client, owner, organization):
    client.force_login(owner)
    response = client.post(reverse("project_new", args=["acme"]), {"name": "Site", "time_zone": "Mars/Olympus"})
    assert response.status_code == 422
    assert not Project.objects.exists()


@pytest.mark.parametrize("name", ["overview", "live", "live_events", "project_settings", "arrived"])
def test_a_project_is_hidden_from_outsiders(client, stranger, project, at, name):
    client.force_login(stranger)
    assert client.get(at(name)).status_code == 404
    client.logout()
    response = client.get(at(name))
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


def test_a_new_project_waits_for_its_first_event(client, owner, project, at):
    client.force_login(owner)
    page = client.get(at("overview")).content.decode()
    assert "Waiting for the first event" in page
    assert "YOUR_WRITE_KEY" in page
    assert client.get(at("arrived")).status_code == 204


def test_a_key_made_while_waiting_stands_in_the_snippet_once(client, owner, project, at):
    client.force_login(owner)
    page = client.post(at("start")).content.decode()
    key = WriteKey.objects.get(project=project)
    assert page.count(f"{key.hint}") >= 3
    assert "YOUR_WRITE_KEY" not in page
    assert key.hint not in client.get(at("overview")).content.decode()
    assert client.get(at("start")).url == at("overview")


def test_settings_are_saved(client, owner, project, at):
    client.force_login(owner)
    response = client.post(
        at("project_settings"),
        {
            "name": "Store",
            "time_zone": "Europe/Berlin",
            "first_weekday": "6",
            "browser_window_days": "2",
            "keep_addresses": "on",
        },
    )
    project.refresh_from_db()
    assert response.status_code == 302
    assert (project.name, project.time_zone, project.first_weekday) == ("Store", "Europe/Berlin", 6)
    assert (project.browser_window_days, project.keep_addresses) == (2, True)


@pytest.mark.parametrize("days", ["0", "366", "-1", "soon", ""])
def test_a_window_of_no_days_or_of_years_is_refused(client, owner, project, at, days):
    client.force_login(owner)
    response = client.post(
        at("project_settings"),
        {"name": "Store", "time_zone": "UTC", "first_weekday": "0", "browser_window_days": days},
    )
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["browser_window_days"]


def test_wrong_settings_are_refused_and_change_nothing(client, owner, project, at):
    client.force_login(owner)
    response = client.post(at("project_settings"), {"name": "", "time_zone": "Nowhere", "first_weekday": "3"})
    assert response.status_code == 422
    project.refresh_from_db()
    assert project.name == "Shop"


def test_a_viewer_reads_the_settings_and_changes_nothing(client, teammate, project, at):
    client.force_login(teammate)
    page = client.get(at("project_settings"))
    assert page.status_code == 200
    assert "takes an owner or admin" in page.content.decode()
    assert client.post(at("project_settings"), {"name": "Mine"}).status_code == 403
    assert client.post(at("write_key_new"), {"name": "Mine"}).status_code == 403
    assert client.post(at("start")).status_code == 403
    assert not WriteKey.objects.exists()


def test_a_write_key_is_shown_once_and_can_be_revoked(client, owner, project, at):
    client.force_login(owner)
    page = client.post(at("write_key_new"), {"name": "Website"}).content.decode()
    key = WriteKey.objects.get(project=project)
    assert "shown this once" in page
    response = client.post(at("write_key_revoke", key.pk))
    key.refresh_from_db()
    assert response.url == at("project_settings")
    assert not key.is_active


def test_a_key_of_another_project_is_not_found(client, owner, project, at):
    foreign = factories.WriteKeyFactory.create()
    client.force_login(owner)
    assert client.post(at("write_key_revoke", foreign.pk)).status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_active


def test_a_key_needs_a_name(client, owner, project, at):
    client.force_login(owner)
    assert client.post(at("write_key_new"), {"name": " "}).status_code == 422


def test_a_panel_that_may_not_be_seen_gets_a_small_state(client, stranger, project, at):
    client.force_login(stranger)
    response = client.get(at("live_events"), headers={"HX-Request": "true"})
    assert response.status_code == 404
    assert "Try again" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_the_style_guide_is_for_staff(client, owner):
    client.force_login(owner)
    assert client.get(reverse("styleguide")).status_code == 404
    client.force_login(factories.UserFactory(is_staff=True))
    assert client.get(reverse("styleguide")).status_code == 200


def test_a_panel_of_someone_logged_out_sends_the_whole_page_to_the_login(client, project, at):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{at('overview')}?metric=views"}
    response = client.get(at("live_events"), headers=headers)
    assert response["HX-Redirect"] == f"/accounts/login/?next={at('overview')}%3Fmetric%3Dviews"
    assert response.content == b""
