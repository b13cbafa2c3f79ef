"""Which project a domain or a website's id means: by service, page and API."""

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts.access import SYSTEM
from accounts.errors import Conflict, Invalid, Unauthenticated
from analytics import access
from analytics.models import Site
from analytics.services import sites
from tests.factories import ProjectFactory, SiteFactory, WriteKeyFactory


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Example.com", "example.com"),
        (" https://example.com/ ", "example.com"),
        ("http://example.com/blog", "example.com/blog"),
        ("localhost:8000", "localhost:8000"),
        ("01234567-89AB-4DEF-8123-456789ABCDEF", "01234567-89ab-4def-8123-456789abcdef"),
    ],
)
def test_a_site_is_named_in_lower_case(project, given, name) -> None:
    assert sites.add(project=project, name=given, actor=SYSTEM).name == name
    assert access.project_of(given.strip().removeprefix("https://").removeprefix("http://").rstrip("/")) == project


@pytest.mark.parametrize("name", ["", "  ", "https://", "a b", "a,b", "plw_key", "\x00", "münchen.de", "x" * 254])
def test_what_is_no_name_is_refused(project, name) -> None:
    with pytest.raises(Invalid) as error:
        sites.add(project=project, name=name, actor=SYSTEM)
    assert error.value.fields[0].field == "name"


@pytest.mark.parametrize(("own", "words"), [(True, "already"), (False, "another project")])
def test_a_name_is_taken_once_in_the_installation(project, own, words) -> None:
    SiteFactory(project=project if own else ProjectFactory.create(), name="example.com")

    with pytest.raises(Conflict, match=words):
        sites.add(project=project, name="example.com", actor=SYSTEM)


def test_the_database_has_no_other_spelling(project) -> None:
    with pytest.raises(IntegrityError):
        Site.objects.create(project=project, name="Example.com")


def test_a_key_is_a_write_key_or_a_site(project) -> None:
    WriteKeyFactory(project=project, text="plw_Sites")
    site = SiteFactory.create(project=project, name="example.com")

    assert access.project_of("plw_Sites") == access.project_of("EXAMPLE.com") == project
    sites.remove(site=site, actor=SYSTEM)
    with pytest.raises(Unauthenticated):
        access.project_of("example.com")


@pytest.fixture
def at(project):
    return lambda name, *rest: reverse(name, args=[project.organization.slug, project.slug, *rest])


def test_a_site_is_added_and_removed_on_the_settings_page(client, owner, project, at) -> None:
    client.force_login(owner)

    added = client.post(at("site_new"), {"name": "Example.com"})
    page = client.get(added.url).content.decode()
    site = project.sites.get()

    assert "example.com" in page
    assert client.post(at("site_remove", site.pk)).url == at("project_settings")
    assert not project.sites.exists()


@pytest.mark.parametrize(
    ("name", "words"), [("taken.test", "taken by another project"), ("a b", "Must be a domain")]
)
def test_the_page_says_what_is_wrong_with_a_site(client, owner, at, name, words) -> None:
    SiteFactory.create(name="taken.test")
    client.force_login(owner)

    response = client.post(at("site_new"), {"name": name})

    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_site_of_another_project_is_not_there(client, owner, at) -> None:
    client.force_login(owner)

    assert client.post(at("site_remove", SiteFactory.create().pk)).status_code == 404


def test_the_api_adds_shows_and_removes(client, owner, project) -> None:
    client.force_login(owner)
    address = f"/api/v1/projects/{project.pk}/sites/"

    added = client.post(address, {"name": "Example.com"}, content_type="application/json")
    taken = client.post(address, {"name": "example.com"}, content_type="application/json")
    one = f"{address}{added.json()['id']}/"

    assert (added.status_code, added.json()["name"]) == (201, "example.com")
    assert (taken.status_code, taken.json()["error"]["fields"][0]["field"]) == (409, "name")
    assert [item["name"] for item in client.get(address).json()] == ["example.com"]
    assert client.get(one).json() == added.json()
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_a_teammate_who_may_only_look_removes_nothing(client, teammate, project) -> None:
    site = SiteFactory.create(project=project)
    client.force_login(teammate)

    assert client.delete(f"/api/v1/projects/{project.pk}/sites/{site.pk}/").status_code == 403


@pytest.mark.parametrize("name", ["Segment", "PostHog", "Plausible", "Umami"])
def test_the_settings_say_how_other_libraries_send_here(client, owner, at, settings, name) -> None:
    settings.BASE_URL = "https://plumbline.example.com"
    client.force_login(owner)

    page = client.get(at("project_settings")).content.decode()
    part = page.split(f"{name}</summary>")[1].split("</details>")[0]

    assert "https://plumbline.example.com" in part
