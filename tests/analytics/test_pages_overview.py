"""The overview over HTTP: the address is the state, numbers are those of the events, downloads are whole."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.http import QueryDict
from django.urls import reverse

from accounts.errors import DeadlineExceeded, Invalid
from analytics.contracts import DropReason
from analytics.kinds.overview import Panel
from analytics.queries import run
from analytics.services import ingestion, live
from analytics.views.address import Address, FilterText
from tests.analytics.events import NOON, event, store


@pytest.fixture
def at(project):
    return lambda name, *rest: reverse(name, args=[project.organization.slug, project.slug, *rest])


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON):
        yield


@pytest.fixture
def shop(client, teammate, project):
    """Twelve pages, seen by thirteen people from two sources; one of them wrote a formula."""
    client.force_login(teammate)
    moment = NOON - timedelta(minutes=1)
    views = [
        event(moment, kind="page", anonymous_id=f"v{n}", path=f"/p{n}", source="Google", country="DE")
        for n in range(12)
    ]
    formula = event(moment, kind="page", anonymous_id="x", path="/p0", source="=cmd()", country="")
    store(project, [*views, formula, event(moment, name="Paid", anonymous_id="x", properties={"price": 5})])
    return client


def table(response):
    return list(csv.reader(io.StringIO(response.content.decode())))


def test_the_page_comes_at_once_without_javascript(shop, at):
    page = shop.get(at("overview") + "?full=1").content.decode()
    assert '<span class="amount">13</span>' in page
    assert "Germany" in page
    assert "See all 12" in page


@pytest.fixture
def computed(monkeypatch):
    """The panels of each query that was computed rather than found."""
    found: list[tuple[Panel, ...]] = []
    computing = run._computed

    def noted(asked, *rest):
        found.append(asked.spec.panels)
        return computing(asked, *rest)

    monkeypatch.setattr(run, "_computed", noted)
    return found


def test_one_computation_answers_all_panels_of_a_page(shop, at, computed):
    for region in ("summary", "sources", "pages", "places", "devices", "events"):
        assert shop.get(at("overview_panel", region)).status_code == 200

    assert len(computed) == 1


def test_a_tab_is_computed_by_itself(shop, at, computed):
    shop.get(at("overview_panel", "sources") + "?switch=1&sources=channels")

    assert computed == [(Panel.CHANNELS,)]


def test_where_the_page_takes_too_long_each_panel_is_asked_alone(shop, at, monkeypatch):
    computing = run._computed

    def slow(asked, *rest):
        if len(asked.spec.panels) > 2:
            raise DeadlineExceeded("Too much at once.")
        return computing(asked, *rest)

    monkeypatch.setattr(run, "_computed", slow)

    assert "/p0" in shop.get(at("overview_panel", "pages")).content.decode()


def test_panels_come_one_by_one(shop, at):
    assert '<span class="amount">13</span>' in shop.get(at("overview_panel", "summary")).content.decode()
    for region in ("sources", "pages", "places", "devices", "events"):
        assert shop.get(at("overview_panel", region)).status_code == 200
    assert shop.get(at("overview_panel", "nonsense")).status_code == 404


def test_a_switch_answers_with_the_address_of_the_whole_page(shop, at):
    response = shop.get(
        at("overview_panel", "sources") + "?switch=1&sources=channels",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": "http://testserver/?metric=views&filter=source:is:Google",
        },
    )
    assert response["HX-Push-Url"] == at("overview") + "?metric=views&filter=source:is:Google&sources=channels"


def test_a_filter_of_the_form_becomes_part_of_the_address(shop, at):
    response = shop.get(
        at("overview"),
        {"apply": "filter", "metric": "views", "new_field": "path", "new_operator": "is", "new_value": "/p0"},
    )
    assert response.url == at("overview") + "?metric=views&filter=path:is:/p0"


@pytest.mark.parametrize("query", ["period=bogus", "filter=nonsense:is:x", "metric=magic", "from=2026-02-30&to=x"])
def test_an_address_that_makes_no_sense_is_named(shop, at, query):
    response = shop.get(at("overview") + "?" + query)
    assert response.status_code == 400
    assert "<li><code>" in response.content.decode()


def test_a_table_is_searched_sorted_and_paged(shop, at):
    address = at("overview_table", "pages")
    assert "/p11" not in shop.get(address + "?search=p0").content.decode()
    rows = shop.get(address + "?sort=-value").context["page"].object_list
    assert [row.label for row in rows][:3] == ["/p9", "/p8", "/p7"]
    assert "Nothing found" in shop.get(address + "?search=zzz").content.decode()
    assert shop.get(at("overview_table", "figures")).status_code == 404


def test_a_table_downloads_whole_and_harmless_to_a_spreadsheet(shop, at):
    response = shop.get(at("overview_table_csv", "sources"))
    header, *rows = table(response)
    assert header == ["sources", "sessions", "visitors", "share"]
    assert {row[0]: row[1] for row in rows} == {"Google": "12", "'=cmd()": "1"}
    assert "shop-sources.csv" in response["Content-Disposition"]


def test_the_chart_downloads_as_numbers_and_as_a_picture(shop, at):
    header, *rows = table(shop.get(at("overview_chart_csv") + "?period=7d&interval=day"))
    assert header == ["start", "end", "visitors", "previous", "incomplete"]
    assert (len(rows), rows[-1][2], rows[-1][4]) == (7, "13", "yes")
    picture = shop.get(at("overview_chart_svg"))
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<svg")


def test_a_query_budget_holds_for_a_page_and_a_panel(shop, at, django_assert_max_num_queries):
    # Among them the plan, which the notice asks for once a second, and the page and each query for retention; and
    # the names of cohorts, which the filter offers. A question asks what is sensitive, which holds at once.
    with django_assert_max_num_queries(17):
        assert shop.get(at("overview")).status_code == 200
    with django_assert_max_num_queries(12):
        assert shop.get(at("overview_panel", "pages")).status_code == 200


@pytest.mark.parametrize(
    "item",
    [
        FilterText("source", "is", ("Google",)),
        FilterText("path", "is", ("/a,b", "/100%")),
        FilterText("country", "is_not_set"),
        FilterText("source", "is", ("",)),
        FilterText("title", "contains", ("a:b&c=d é",)),
        FilterText("properties.price", "between", ("1", "2.5")),
        FilterText("properties.a:b", "is", ("c",)),
    ],
)
def test_a_filter_survives_the_address(item):
    query = QueryDict(Address(filters=(item,)).query.removeprefix("?"))
    assert Address.of(query).filters == (item,)


def test_the_address_leaves_out_what_is_at_its_default():
    address = Address.of(QueryDict("period=30d&metric=views&pages=pages&sources=channels"))
    assert address.query == "?metric=views&sources=channels"
    assert Address.of(QueryDict("")).query == "?"


def test_a_named_period_ends_one_of_its_own():
    address = Address.of(QueryDict("from=2026-01-01&to=2026-01-31&metric=views"))
    assert address.query == "?metric=views&from=2026-01-01&to=2026-01-31"
    assert address.choosing(period="7d").query == "?period=7d&metric=views"


def test_half_of_a_period_is_refused():
    with pytest.raises(Invalid):
        Address.of(QueryDict("from=2026-01-01")).spec(panels=[Panel.FIGURES])


def test_live_times_are_those_of_the_project(client, teammate, project, at):
    project.time_zone = "Asia/Tokyo"
    project.save()
    live.announce(project_id=project.pk, events=[event(NOON, name="Paid", anonymous_id="a")])
    client.force_login(teammate)
    assert "21:00:00" in client.get(at("live")).content.decode()


def test_dropped_events_are_told_on_the_overview_and_explained_in_the_settings(shop, project, at):
    ingestion.accept(project=project, events=[], drops={DropReason.INVALID: 1234}, received_at=NOON)
    overview = " ".join(shop.get(at("overview")).content.decode().split())
    assert "1,234 events of the last 7 days were not kept" in overview
    assert "Malformed: a field was missing" in shop.get(at("project_settings")).content.decode()
