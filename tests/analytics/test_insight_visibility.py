"""Insights that are one person's alone, the organization's, or shown to whoever has a link."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.access import Actor
from accounts.models import AuditEntry
from accounts.permissions import Role
from analytics.kinds import KINDS, parse_spec
from analytics.kinds.shareable import why_not
from analytics.models import Insight, InsightShare, PropertyDefinition
from analytics.services import definitions
from analytics.views import shared
from tests import factories
from tests.analytics.cohorts import made as made_cohort
from tests.analytics.events import NOON, event, store
from tests.test_access_matrix import JSON, bearer

pytestmark = pytest.mark.django_db
DAY = {"from": "2026-11-20", "to": "2026-11-20"}
TRENDS: dict[str, Any] = {
    "kind": "trends",
    "period": DAY,
    "series": [{"event": "Buy"}],
    "breakdown": ["properties.plan"],
}
EXPLORE = "/o/acme/p/shop/explore/"


@pytest.fixture(autouse=True)
def _an_hour_later():
    with time_machine.travel(NOON.replace(hour=13)):
        yield


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member(organization, role: str):
    return factories.MembershipFactory.create(organization=organization, role=role)


@pytest.fixture
def shop(project):
    store(project, [event(NOON, name="Buy", user_id="ada", group_id="acme", properties={"plan": "gold-plan"})])
    return project


def of(project) -> str:
    return f"/api/v1/projects/{project.pk}/insights/"


@pytest.fixture
def maker(organization):
    return member(organization, Role.ANALYST)


@pytest.fixture
def private(shop, maker) -> Insight:
    given = {"name": "My hunch", "spec": TRENDS, "visibility": "private"}
    made = browser(maker.user).post(of(shop), given, JSON)
    assert made.status_code == 201
    return Insight.objects.get(pk=made.json()["id"])


def sees(user, insight: Insight) -> bool:
    """Whether the insight is there for somebody: the same everywhere."""
    client, api = browser(user), of(insight.project)
    answers = {
        str(insight.pk) in [row["id"] for row in client.get(api).json()["results"]],
        client.get(f"{api}{insight.pk}/").status_code == 200,
        client.get(f"{api}{insight.pk}/result/").status_code == 200,
        client.get(f"{api}{insight.pk}/history/").status_code == 200,
        client.get(f"{EXPLORE}saved/{insight.pk}/").status_code == 302,
        insight.name in client.get(EXPLORE).content.decode(),
    }
    assert len(answers) == 1
    return answers.pop()


def test_a_private_insight_is_its_maker_s_alone(organization, private, maker, owner) -> None:
    others = (owner, member(organization, Role.ADMIN).user, member(organization, Role.ANALYST).user)

    assert sees(maker.user, private)
    assert not any(sees(user, private) for user in others)
    for user in others:
        client, path = browser(user), f"{of(private.project)}{private.pk}/"
        assert client.patch(path, {"name": "Mine"}, JSON).status_code == 404
        assert client.delete(path).status_code == 404
        assert client.post(f"{path}restore/1/").status_code == 404
        assert client.post(f"{EXPLORE}saved/{private.pk}/delete/").status_code == 404


def test_no_key_sees_or_makes_one(client, organization, private) -> None:
    headers = bearer(organization=organization)
    api = of(private.project)

    assert client.get(api, headers=headers).json()["results"] == []
    assert client.get(f"{api}{private.pk}/", headers=headers).status_code == 404
    made = client.post(api, {"name": "x", "spec": TRENDS, "visibility": "private"}, JSON, headers=headers)
    assert made.status_code == 400
    assert made.json()["error"]["fields"][0]["field"] == "visibility"


def test_of_who_left_the_owners_see_it(organization, private, maker, owner) -> None:
    user, admin = maker.user, member(organization, Role.ADMIN).user
    maker.delete()

    assert sees(owner, private)
    assert not sees(admin, private)
    factories.MembershipFactory.create(organization=organization, user=user, role=Role.VIEWER)
    assert sees(user, private)
    assert not sees(owner, private)
    user.delete()
    private.refresh_from_db()
    assert sees(owner, private)


def test_an_owner_of_another_organization_does_not_see_what_was_left_here(private, maker, stranger) -> None:
    maker.delete()

    assert browser(stranger).get(f"{of(private.project)}{private.pk}/").status_code == 404


def test_the_maker_shows_it_and_hides_it_again(organization, private, maker) -> None:
    other = member(organization, Role.ANALYST).user
    page = f"{EXPLORE}saved/{private.pk}/visibility/"

    assert browser(maker.user).post(page, {"visibility": "organization"}).status_code == 302
    assert sees(other, private)
    refused = browser(other).patch(f"{of(private.project)}{private.pk}/", {"visibility": "private"}, JSON)
    assert refused.status_code == 400
    assert browser(maker.user).post(page, {"visibility": "private"}).status_code == 302
    assert not sees(other, private)
    visibilities = AuditEntry.objects.filter(action="insight.changed").values_list("after__visibility", flat=True)
    assert sorted(visibilities) == ["organization", "private"]


def test_going_back_in_history_shows_it_to_nobody_else(private, maker, owner) -> None:
    client, path = browser(maker.user), f"{of(private.project)}{private.pk}/"
    client.patch(path, {"visibility": "organization", "name": "Known"}, JSON)
    client.patch(path, {"visibility": "private"}, JSON)

    assert client.post(f"{path}restore/2/").json()["visibility"] == "private"
    assert not sees(owner, private)


def test_the_page_saves_one_for_me(shop, maker) -> None:
    client = browser(maker.user)
    client.post(
        f"{EXPLORE}saved/new/",
        {"name": "Mine", "private": "on", "spec": '{"kind": "overview", "period": {"last": "7d"}}'},
    )

    assert Insight.objects.get(name="Mine").visibility == "private"


def test_a_cohort_that_a_private_insight_needs_says_so_without_its_name(shop, maker, owner) -> None:
    cohort = made_cohort(shop, "Buyers", {"done": "Buy", "period": DAY})
    spec = {**TRENDS, "filters": [{"field": "person", "operator": "in_cohort", "values": [cohort.pk]}]}
    browser(maker.user).post(of(shop), {"name": "My hunch", "spec": spec, "visibility": "private"}, JSON)

    refused = browser(owner).delete(f"/api/v1/projects/{shop.pk}/cohorts/{cohort.pk}/")
    page = browser(owner).get(f"/o/acme/p/shop/cohorts/{cohort.pk}/").content.decode()

    assert refused.status_code == 409
    assert "My hunch" not in refused.json()["error"]["message"]
    assert "insights that you do not see" in refused.json()["error"]["message"]
    assert "My hunch" not in page
    assert "insights that you do not see" in page


# Public links.


@pytest.fixture
def insight(shop) -> Insight:
    return factories.InsightFactory.create(project=shop, name="Buys by plan", spec=TRENDS)


def shares(insight: Insight) -> str:
    return f"{of(insight.project)}{insight.pk}/shares/"


@pytest.fixture
def link(insight, owner):
    """The path of a link that was made by the API."""
    made = browser(owner).post(shares(insight), {}, JSON)
    assert made.status_code == 201
    return made.json()["url"].removeprefix("http://testserver")


def test_a_link_shows_the_answer_to_whoever_has_it(insight, link, client) -> None:
    response = client.get(link)
    page = response.content.decode()

    assert response.status_code == 200
    assert "Buys by plan" in page
    assert "gold-plan" in page
    assert "How this was got" in page
    assert 'name="robots" content="noindex' in page
    assert response["X-Robots-Tag"].startswith("noindex")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"
    # Nothing of the product, and no way into it.
    assert not any(text in page for text in ("/o/acme", "/api/v1", "csrfmiddlewaretoken", "owner@acme.test"))
    assert client.post(link).status_code == 405


def test_only_the_hash_of_its_token_is_kept_and_nobody_can_guess_it(insight, link) -> None:
    token = link.removeprefix("/shared/").rstrip("/")
    share = InsightShare.objects.get()

    assert len(token) >= 43
    assert share.hash == keys.digest(token)
    assert token not in str(AuditEntry.objects.get(action="insight.shared").after)
    assert token not in str(InsightShare.objects.values())


def test_a_frame_of_another_site_shows_it_only_where_that_was_allowed(insight, link, owner, client) -> None:
    embedded = browser(owner).post(shares(insight), {"may_embed": True}, JSON).json()["url"]

    closed, opened = client.get(link), client.get(embedded)

    assert "frame-ancestors 'none'" in closed["Content-Security-Policy"]
    assert closed["X-Frame-Options"] == "DENY"
    assert "frame-ancestors *" in opened["Content-Security-Policy"]
    assert "script-src 'self'" in opened["Content-Security-Policy"]
    assert "X-Frame-Options" not in opened
    assert "frame-ancestors 'none'" in client.get("/accounts/login/")["Content-Security-Policy"]


def test_a_link_ends_by_being_revoked(insight, link, owner, client) -> None:
    (row,) = browser(owner).get(shares(insight)).json()
    assert (row["active"], row["created_by"]) == (True, "owner@acme.test")
    assert browser(owner).get(f"{of(insight.project)}{insight.pk}/").json()["shared"] is True

    assert browser(owner).delete(f"{shares(insight)}{row['id']}/").status_code == 204

    assert client.get(link).status_code == 404
    assert browser(owner).get(of(insight.project)).json()["results"][0]["shared"] is False
    assert AuditEntry.objects.filter(action="insight.share_revoked").count() == 1


def test_a_link_ends_by_its_time(insight, owner, client) -> None:
    ends = timezone.now() + timedelta(hours=1)
    url = browser(owner).post(shares(insight), {"expires_at": ends.isoformat()}, JSON).json()["url"]

    assert client.get(url).status_code == 200
    with time_machine.travel(ends):
        assert client.get(url).status_code == 404
    past = browser(owner).post(shares(insight), {"expires_at": "2020-01-01T00:00:00Z"}, JSON)
    assert past.status_code == 400


@pytest.mark.parametrize("how", ["private", "deleted"])
def test_what_is_private_or_deleted_is_not_shared_any_more(insight, link, owner, client, how) -> None:
    Insight.objects.filter(pk=insight.pk).update(created_by=owner)
    path = f"{of(insight.project)}{insight.pk}/"
    if how == "private":
        browser(owner).patch(path, {"visibility": "private"}, JSON)
    else:
        browser(owner).delete(path)

    assert client.get(link).status_code == 404
    # Nor when it comes back.
    if how == "private":
        browser(owner).patch(path, {"visibility": "organization"}, JSON)
    else:
        browser(owner).post(f"{path}restore/1/")
    assert client.get(link).status_code == 404


def test_a_private_insight_gets_no_link(private, maker, organization) -> None:
    maker.role = Role.ADMIN
    maker.save()

    assert browser(maker.user).post(shares(private), {}, JSON).status_code == 409


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_that_list_people_cannot_be_shared(kind) -> None:
    why = why_not(parse_spec(KINDS[kind].example))

    assert bool(why) == (kind in {"events", "people", "groups"})


IS_ADA = {"field": "user_id", "operator": "is", "values": ["ada"]}
PERSONAL = (
    {"kind": "breakdown", "period": DAY, "breakdown": ["person"], "columns": [{}]},
    {"kind": "breakdown", "period": DAY, "breakdown": ["country", "person.email"], "columns": [{}]},
    {"kind": "breakdown", "period": DAY, "breakdown": ["group_id"], "columns": [{}]},
    {"kind": "trends", "period": DAY, "series": [{}], "breakdown": ["group.name"]},
    {"kind": "trends", "period": DAY, "series": [{"filters": [IS_ADA]}]},
    {"kind": "trends", "period": DAY, "series": [{}], "filters": [{"any": [{**IS_ADA, "field": "person"}]}]},
    {**KINDS["funnel"].example, "people": {"step": 1}},
    {**KINDS["retention"].example, "people": {"cohort": 0, "cell": 0}},
    {**KINDS["drivers"].example, "dimensions": ["person.email"]},
)  # fmt: skip


@pytest.mark.parametrize("spec", PERSONAL)
def test_what_names_people_or_groups_cannot_be_shared(shop, owner, spec) -> None:
    insight = factories.InsightFactory.create(project=shop, spec=spec)

    refused = browser(owner).post(shares(insight), {}, JSON)

    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "not_shareable"
    assert "people" in refused.json()["error"]["message"]
    page = browser(owner).post(f"{EXPLORE}saved/{insight.pk}/share/", {"expires": "7"})
    assert page.status_code == 422
    assert not InsightShare.objects.exists()


def test_filters_by_traits_and_cohorts_can_be_shared(shop) -> None:
    cohort = made_cohort(shop, "Buyers", {"done": "Buy", "period": DAY})
    filters = [
        {"field": "person.plan", "operator": "is", "values": ["pro"]},
        {"field": "person", "operator": "in_cohort", "values": [cohort.pk]},
    ]

    assert why_not(parse_spec({**TRENDS, "filters": filters})) == ""


@pytest.mark.parametrize("spec", PERSONAL[:2])
def test_a_link_shows_nothing_of_what_was_changed_to_name_people(insight, link, owner, client, spec) -> None:
    browser(owner).patch(f"{of(insight.project)}{insight.pk}/", {"spec": spec}, JSON)

    response = client.get(link)

    assert response.status_code == 404
    assert "ada" not in response.content.decode()


def test_what_is_sensitive_is_never_shared(insight, link, owner, client) -> None:
    definition = PropertyDefinition.objects.get(project=insight.project, name="plan")
    definitions.mark(definition=definition, actor=Actor(user=owner), is_sensitive=True)

    page = client.get(link)

    assert page.status_code == 404
    assert "gold-plan" not in page.content.decode()
    refused = browser(owner).post(shares(insight), {}, JSON)
    assert refused.status_code == 422
    assert "sensitive" in refused.json()["error"]["message"]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"events", "people", "groups"}))
def test_every_other_kind_is_shown_and_leads_nowhere(shop, client, kind) -> None:
    spec = {**KINDS[kind].example, "period": DAY, "filters": []}
    insight = factories.InsightFactory.create(
        project=shop, spec={**spec, "interval": "day"} if "interval" in spec else spec
    )
    factories.InsightShareFactory.create(insight=insight, token="t")

    response = client.get("/shared/t/")

    assert response.status_code == 200
    page = response.content.decode()
    assert "/o/acme" not in page
    assert "ada" not in page


def test_a_link_is_opened_so_often_and_no_more(insight, link, client, monkeypatch) -> None:
    monkeypatch.setattr(shared, "OPENED_A_MINUTE", 2)

    found = [client.get(link).status_code for _ in range(3)]

    assert found == [200, 200, 429]


def test_links_of_a_limited_project_still_show_their_answer(insight, link, client) -> None:
    """Sharing is a decision of its own, by those who manage the project; they revoke."""
    insight.project.is_limited = True
    insight.project.save()

    assert client.get(link).status_code == 200


def test_the_page_makes_shows_once_and_revokes(insight, owner, client) -> None:
    own, path = browser(owner), f"{EXPLORE}saved/{insight.pk}/share/"

    made = own.post(path, {"expires": "7", "may_embed": "on"})

    share = InsightShare.objects.get()
    assert made.status_code == 201
    assert "/shared/" in made.content.decode()
    assert "/shared/" not in own.get(path).content.decode()
    assert share.may_embed is True
    assert share.expires_at is not None
    assert timedelta(0) <= timezone.now() + timedelta(days=7) - share.expires_at < timedelta(minutes=1)
    assert own.post(f"{path}{share.pk}/revoke/").status_code == 302
    share.refresh_from_db()
    assert share.is_live is False


def test_a_link_of_another_insight_is_not_revoked_here(insight, owner) -> None:
    other = factories.InsightShareFactory.create()

    assert browser(owner).delete(f"{shares(insight)}{other.pk}/").status_code == 404
    assert browser(owner).delete(f"{shares(insight)}{2**70}/").status_code == 404
