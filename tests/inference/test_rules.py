"""The rules of jobs, by page and by API: what they take, what they refuse, what is noted."""

from typing import Any

import pytest

from accounts.models import AuditEntry
from inference.models import Policy
from tests.counted import queries_of
from tests.factories import OrganizationFactory, PolicyFactory, ProjectFactory

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/settings/jobs/"
OF_PROJECT = "/o/acme/p/shop/settings/jobs/"
API = "/api/v1/organizations/acme/job-rules/"


@pytest.fixture
def desk(client, owner):
    client.force_login(owner)
    return client


def put(client, path: str, **body: Any):
    return client.put(path, body, content_type="application/json")


def test_the_page_sets_them_and_shows_them(desk, organization, project) -> None:
    given = {"keep_days": "30", "redact": ["card", "email"], "most_running": "5", "observe_in": project.pk}

    assert desk.post(PAGE, given).status_code == 302

    policy = Policy.objects.get()
    assert (policy.organization, policy.project) == (organization, None)
    assert (policy.keep_days, policy.redact, policy.most_running) == (30, ["email", "card"], 5)
    assert policy.observe_in == project
    page = desk.get(PAGE).content.decode()
    assert 'value="30"' in page
    noted = AuditEntry.objects.get(action="job_rules.changed")
    assert noted.after == {"keep_days": 30, "redact": ["email", "card"], "most_running": 5, "observe_in": "Shop"}


def test_what_is_empty_is_for_ever_and_0_is_not_at_all(desk) -> None:
    desk.post(PAGE, {"keep_days": "0"})
    assert Policy.objects.get().keep_days == 0

    desk.post(PAGE, {"keep_days": ""})
    assert Policy.objects.get().keep_days is None


@pytest.mark.parametrize(
    "given", [{"keep_days": "-1"}, {"keep_days": "3651"}, {"redact": "names"}, {"most_running": "0"}]
)
def test_the_page_says_what_is_wrong(desk, given) -> None:
    response = desk.post(PAGE, given)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(given)
    assert not Policy.objects.exists()


def test_saving_the_same_again_is_no_change(desk) -> None:
    for _ in range(2):
        desk.post(PAGE, {"keep_days": "30"})

    assert AuditEntry.objects.filter(action="job_rules.changed").count() == 1


def test_a_project_has_its_own_until_they_are_removed(desk, organization, project) -> None:
    PolicyFactory.create(organization=organization, keep_days=30)
    assert 'value="30"' in desk.get(OF_PROJECT).content.decode()

    desk.post(OF_PROJECT, {"keep_days": "0", "redact": ["phone"]})

    own = Policy.objects.get(project=project)
    assert (own.keep_days, own.redact) == (0, ["phone"])
    assert "not at all" in desk.get(PAGE).content.decode()
    for _ in range(2):
        assert desk.post(f"{OF_PROJECT}remove/").status_code == 302
    assert not Policy.objects.filter(project=project).exists()
    assert AuditEntry.objects.filter(action="job_rules.removed").count() == 1


def test_the_api_sets_all_of_them(desk, project) -> None:
    body = {"keep_days": 9, "redact": ["phone"], "observe_in": project.pk, "most_running": 3}

    assert put(desk, API, **body).json() == body
    assert desk.get(API).json() == body
    assert put(desk, API).json() == {"keep_days": None, "redact": [], "observe_in": None, "most_running": None}


def test_the_api_has_a_project_s_own(desk, project) -> None:
    path = f"/api/v1/projects/{project.pk}/job-rules/"

    assert desk.get(path).status_code == 404
    assert put(desk, path, keep_days=0).json() == {"keep_days": 0, "redact": []}
    assert desk.get(path).json() == {"keep_days": 0, "redact": []}
    assert desk.delete(path).status_code == 204
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"keep_days": -1}, "keep_days"),
        ({"keep_days": "long"}, "keep_days"),
        ({"redact": ["names"]}, "redact.0"),
        ({"most_running": 0}, "most_running"),
        ({"observe_in": 2**70}, "observe_in"),
    ],
)
def test_the_api_names_what_is_wrong(desk, body, field) -> None:
    response = put(desk, API, **body)

    assert response.status_code == 400
    assert [item["field"] for item in response.json()["error"]["fields"]] == [field]


def test_calls_are_not_watched_in_a_project_of_elsewhere(desk) -> None:
    other = ProjectFactory.create(organization=OrganizationFactory.create())

    assert put(desk, API, observe_in=other.pk).status_code == 400
    assert desk.post(PAGE, {"observe_in": other.pk}).status_code == 422


def test_the_page_costs_the_same_with_one_project_and_with_ten(desk, organization) -> None:
    def projects(count: int) -> None:
        for project in ProjectFactory.create_batch(count, organization=organization):
            PolicyFactory.create(organization=organization, project=project, keep_days=5)

    projects(1)
    few = queries_of(lambda: desk.get(PAGE))
    projects(9)

    assert desk.get(PAGE).content.decode().count("5 days") == 10
    assert queries_of(lambda: desk.get(PAGE)) == few
