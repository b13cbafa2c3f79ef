"""Answers of Explore to take away, and how they were got."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.urls import reverse

from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
SVG = "{http://www.w3.org/2000/svg}"
FUNNEL = "steps.0.event=Look&steps.1.event=Buy"


@pytest.fixture(autouse=True)
def _an_hour_later():
    with time_machine.travel(NOON + timedelta(hours=1)):
        yield


@pytest.fixture
def place(project):
    views = [
        event(NOON + timedelta(minutes=number), kind="page", name="page", path=path, anonymous_id="a")
        for number, path in enumerate(("/a", "/b"))
    ]
    bought = [event(NOON, name="Look", anonymous_id="a"), event(NOON, name="Buy", anonymous_id="a")]
    store(project, [*views, *bought, event(NOON, name="Look", anonymous_id="=b")])
    return [project.organization.slug, project.slug]


@pytest.fixture
def get(client, teammate, place):
    client.force_login(teammate)

    def get(name, kind, query="", **more):
        return client.get(f"{reverse(name, args=[*place, kind], kwargs=None)}?{query}", **more)

    return get


def svg(client, place, kind, number, query=""):
    return client.get(f"{reverse('explore_svg', args=[*place, kind, number])}?{query}")


def test_an_answer_as_csv_has_its_numbers_as_they_are(get):
    answer = get("explore_csv", "funnel", FUNNEL)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))

    assert answer["Content-Disposition"] == 'attachment; filename="shop-funnel.csv"'
    assert [row["count"] for row in rows if row["count"]] == ["2", "1"]


def test_a_csv_has_no_formulas(get):
    text = get("explore_csv", "people").content.decode()

    assert "'=b" in text
    assert ",=b" not in text


def test_a_csv_of_what_cannot_be_asked_names_the_field(get):
    answer = get("explore_csv", "trends", "series.0.aggregation=sum")

    assert answer.status_code == 400
    assert "needs a property" in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "number", "query", "drawn"),
    [
        ("trends", 0, "series.0.event=Look", ".//{svg}path[@class='line series-0']"),
        ("lifecycle", 0, "", ".//{svg}rect[@class='fill series-0']"),
        ("paths", 0, "", ".//{svg}path[@class='ribbon']"),
        ("funnel", 0, FUNNEL, ".//{svg}rect[@class='part'][@width='50.00%']"),
        ("retention", 1, "", ".//{svg}rect[@class='part'][@fill-opacity='0.6']"),
    ],
)
def test_every_chart_is_a_picture_of_its_own(client, get, place, kind, number, query, drawn):
    answer = svg(client, place, kind, number, query)
    picture = ElementTree.fromstring(answer.content)

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == f'attachment; filename="shop-{kind}-{number + 1}.svg"'
    assert str(picture.findtext(f"{SVG}title")).startswith("Shop: ")
    assert picture.find(drawn.format(svg=SVG)) is not None


def test_every_link_of_a_page_to_a_picture_leads_to_one(client, get, place):
    page = get("explore_kind", "sessions").content.decode()
    links = {html.unescape(link) for link in re.findall(r'href="([^"]+\.svg\?[^"]*)"', page)}

    assert len(links) == 3
    assert {client.get(link).status_code for link in links} == {200}


def test_a_stranger_writes_no_markup_into_a_picture(client, teammate, project):
    store(project, [event(NOON, name="<script>alert(1)</script>")])
    client.force_login(teammate)

    answer = svg(client, [project.organization.slug, project.slug], "trends", 0, "breakdown.0=name")

    assert b"<script" not in answer.content
    assert b"&lt;script&gt;" in answer.content


@pytest.mark.parametrize("number", [1, 99])
def test_what_is_no_chart_has_no_picture(client, get, place, number):
    assert svg(client, place, "trends", number).status_code == 404
    assert svg(client, place, "nonsense", 0).status_code == 404


def test_pictures_are_for_members_only(client, place, stranger, teammate):
    assert svg(client, place, "trends", 0).status_code == 302
    client.force_login(stranger)
    assert svg(client, place, "trends", 0).status_code == 404
    client.force_login(teammate)
    assert svg(client, place, "trends", 0).status_code == 200


def test_an_answer_says_how_it_was_got(client, owner, get):
    client.force_login(owner)
    get("explore_kind", "trends", "series.0.event=Look")
    page = get("explore_kind", "trends", "series.0.event=Look")
    text = re.sub(r"\s+", " ", page.content.decode())
    spec = json.loads(page.context["spec_json"])

    assert spec["series"][0]["aggregation"] == "total"
    assert 'data-copy="spec-json"' in text
    facts = dict(re.findall(r"<dt>(.*?)</dt> ?<dd> ?(.*?) ?</dd>", text))
    assert facts["Rows read"] == "5"
    assert facts["Data up to"] == "20 Nov 2026, 13:00"
    assert facts["Not over yet"] == "the last interval"
    assert facts["Time zone"] == "UTC"
    assert "from the cache" in facts["Took"]
    assert page.context["explain_href"] in html.unescape(text)


def test_only_those_who_may_see_the_sql_have_a_link_to_it(client, owner, get):
    assert get("explore_kind", "trends").context["explain_href"] == ""
    assert get("explore_explain", "trends").status_code == 403

    client.force_login(owner)
    page = get("explore_explain", "trends", "series.0.event=Look").content.decode()

    assert "Statement 1" in page
    assert "SELECT" in page
    assert "at most 5 events in 1 file" in page
