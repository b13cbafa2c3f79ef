"""Who gets what at every address. A route without a row fails; adding one is one line in the table below."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import keys
from accounts.permissions import Role, Scope
from accounts.queries.health import WORKER_SEEN
from tests import factories

# The columns of the table.
PEOPLE = ("anonymous", "stranger", "viewer", "analyst", "admin", "owner", "staff")
# Routes of libraries, which have tests of their own below.
FAMILIES = ("admin/", "accounts/")

# A POST that is let in but has nothing to say is answered 400 or 422; what the admin removes, the owner misses.
# Outside of the admin, staff are strangers.
TABLE = """
GET  plumbline.js                                                  200 200 200 200 200 200 200
GET  healthz                                                       200 200 200 200 200 200 200
GET  readyz                                                        503 503 503 503 503 503 503
GET  api/schema/                                                   200 200 200 200 200 200 200
GET  api/docs/                                                     200 200 200 200 200 200 200
GET  api/v1/key/                                                   401 401 401 401 401 401 401
POST api/v1/events/                                                401 401 401 401 401 401 401
POST ^{segment}/?$                                                 401 401 401 401 401 401 401
POST ^{posthog}/?$                                                 401 401 401 401 401 401 401
POST ^{plausible}/?$                                               400 400 400 400 400 400 400
POST ^{umami}/?$                                                   400 400 400 400 400 400 400
GET  ^array/{key}/config(?:\\.js)?/?$                               200 200 200 200 200 200 200
GET  api/v1/projects/                                              401 200 200 200 200 200 200
GET  api/v1/projects/<int:project_id>/                             401 404 200 200 200 200 404
POST api/v1/projects/<int:project_id>/query/                       401 404 400 400 400 400 404
POST api/v2/query                                                  401 401 401 401 401 401 401
POST api/v1/projects/<int:project_id>/sql/                         401 404 403 400 400 400 404
GET  api/v1/query-schema/                                          200 200 200 200 200 200 200
POST api/v1/projects/<int:project_id>/query/explain/               401 404 403 400 400 400 404
GET  api/v1/projects/<int:project_id>/query/explain/               401 404 403 400 400 400 404
GET  api/v1/projects/<int:project_id>/query/<uuid:run_id>/         401 404 409 409 409 409 404
DELETE api/v1/projects/<int:project_id>/query/<uuid:run_id>/       401 404 204 204 204 204 404
GET  api/v1/projects/<int:project_id>/insights/ 401 404 200 200 200 200 404
POST api/v1/projects/<int:project_id>/insights/ 401 404 403 400 400 400 404
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 200 200 200 200 404
PATCH api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 403 200 200 200 404
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/result/ 401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/history/ 401 404 200 200 200 200 404
POST api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/restore/<int:number>/ 401 404 403 200 200 200 404
DELETE api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 403 204 404 404 404
GET  api/v1/projects/<int:project_id>/cohorts/ 401 404 200 200 200 200 404
POST api/v1/projects/<int:project_id>/cohorts/ 401 404 403 400 400 400 404
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 200 200 200 200 404
PATCH api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 403 200 200 200 404
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/members/ 401 404 200 200 200 200 404
POST api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/compute/ 401 404 403 202 202 202 404
DELETE api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 403 204 404 404 404
GET  api/v1/projects/<int:project_id>/drops/                       401 404 200 200 200 200 404
GET  api/v1/organizations/<slug:organization>/usage/               401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/definitions/events/ 401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 200 200 200 200 404
PATCH api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 403 200 200 200 404
GET  api/v1/projects/<int:project_id>/definitions/properties/ 401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 200 200 200 200 404
PATCH api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 403 200 200 200 404
GET  api/v1/projects/<int:project_id>/people/<path:person>/ 401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/people/<path:person>/events/ 401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/groups/<path:group>/ 401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/groups/<path:group>/events/ 401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/export/                      401 404 403 200 200 200 404
GET  api/v1/projects/<int:project_id>/imports/                     401 404 403 403 200 200 404
POST api/v1/projects/<int:project_id>/imports/                     401 404 403 403 415 415 404
GET  api/v1/projects/<int:project_id>/imports/<uuid:import_id>/    401 404 403 403 200 200 404
DELETE api/v1/projects/<int:project_id>/imports/<uuid:import_id>/  401 404 403 403 200 409 404
GET  api/v1/projects/<int:project_id>/sites/                       401 404 200 200 200 200 404
POST api/v1/projects/<int:project_id>/sites/                       401 404 403 403 400 400 404
GET  api/v1/projects/<int:project_id>/sites/<int:site_id>/         401 404 200 200 200 200 404
GET  api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 200 200 404
POST api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 400 400 404
GET  api/v1/projects/<int:project_id>/erasures/<uuid:erasure_id>/  401 404 403 403 200 200 404
GET  api/v1/projects/<int:project_id>/people/<path:person>/export/ 401 404 403 403 200 200 404
GET  api/v1/inference/jobs/                                        401 401 401 401 401 401 401
POST api/v1/inference/jobs/                                        401 401 401 401 401 401 401
GET  api/v1/inference/jobs/<uuid:job_id>/                          401 404 200 200 200 200 404
POST api/v1/inference/jobs/<uuid:job_id>/cancel/                   401 404 403 200 200 200 404
GET  /                                                             302 302 302 302 302 302 302
GET  styleguide/                                                   404 404 404 404 404 404 200
GET  organizations/new/                                            302 200 200 200 200 200 200
POST organizations/new/                                            302 422 422 422 422 422 422
GET  o/<slug:organization>/                                        302 404 200 200 200 200 404
GET  o/<slug:organization>/projects/new/                           302 404 403 403 200 200 404
POST o/<slug:organization>/projects/new/                           302 404 403 403 422 422 404
GET  o/<slug:organization>/settings/keys/                          302 404 403 403 200 200 404
POST o/<slug:organization>/settings/keys/                          302 404 403 403 422 422 404
GET  o/<slug:organization>/settings/keys/<int:key>/revoke/         302 404 403 403 200 200 404
POST o/<slug:organization>/settings/keys/<int:key>/revoke/         302 404 403 403 302 302 404
GET  o/<slug:organization>/settings/members/                       302 404 200 200 200 200 404
GET  o/<slug:organization>/settings/usage/                         302 404 200 200 200 200 404
GET  o/<slug:organization>/settings/usage.csv                      302 404 200 200 200 200 404
POST o/<slug:organization>/quota/dismiss/                          302 404 302 302 302 302 404
GET  o/<slug:organization>/jobs/                                   302 404 200 200 200 200 404
GET  o/<slug:organization>/jobs/<uuid:job_id>/                     302 404 200 200 200 200 404
POST o/<slug:organization>/jobs/<uuid:job_id>/cancel/              302 404 403 302 302 302 404
GET  o/<slug:organization>/p/<slug:project>/                       302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/arrived/               302 404 204 204 204 204 404
GET  o/<slug:organization>/p/<slug:project>/panels/<slug:region>/   302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/tables/<slug:panel>/    302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/tables/<slug:panel>.csv 302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/chart.csv              302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/chart.svg              302 404 200 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/start/                 302 404 403 403 200 200 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/ 302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/new/ 302 404 403 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/cohorts/new/ 302 404 403 422 422 422 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/ 302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/edit/ 302 404 403 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/edit/ 302 404 403 422 422 422 404
POST o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/compute/ 302 404 403 302 302 302 404
POST o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/delete/ 302 404 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/sql/                   302 404 403 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/explore/               302 404 200 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/new/     302 404 403 400 400 400 404
GET  o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/ 302 404 200 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/change/ 302 404 403 400 400 400 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/delete/ 302 404 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/   302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/answer.csv 302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/<int:place>.svg 302 404 404 404 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/explain/ 302 404 403 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/explore/runs/<uuid:run>/ 302 404 200 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/explore/runs/<uuid:run>/cancel/ 302 404 302 302 302 302 404
GET  o/<slug:organization>/p/<slug:project>/people/<path:person>/  302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/groups/<path:group>/   302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/live/                  302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/live/events/           302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/data/ 302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/data/properties/ 302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/data/events/<int:event_id>/ 302 404 200 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/data/events/<int:event_id>/ 302 404 403 302 302 302 404
GET  o/<slug:organization>/p/<slug:project>/data/properties/<int:property_id>/ 302 404 200 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/data/properties/<int:property_id>/ 302 404 403 302 302 302 404
GET  o/<slug:organization>/p/<slug:project>/settings/              302 404 200 200 200 200 404
POST o/<slug:organization>/p/<slug:project>/settings/              302 404 403 403 422 422 404
GET  o/<slug:organization>/p/<slug:project>/settings/privacy/      302 404 403 403 200 200 404
GET  o/<slug:organization>/p/<slug:project>/settings/privacy/export/ 302 404 403 403 400 400 404
POST o/<slug:organization>/p/<slug:project>/settings/privacy/erase/ 302 404 403 403 422 422 404
GET  o/<slug:organization>/p/<slug:project>/settings/privacy/erasures/<uuid:erasure>/ 302 404 403 403 200 200 404
GET  o/<slug:organization>/p/<slug:project>/settings/drops.csv     302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/imported/              302 404 200 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/settings/export/       302 404 403 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/settings/export/file/  302 404 403 200 200 200 404
GET  o/<slug:organization>/p/<slug:project>/settings/import/       302 404 403 403 200 200 404
POST o/<slug:organization>/p/<slug:project>/settings/import/       302 404 403 403 422 422 404
GET  o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/ 302 404 403 403 200 200 404
POST o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/ 302 404 403 403 409 409 404
GET  o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/progress/ 302 404 403 403 200 200 404
POST o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/cancel/ 302 404 403 403 302 409 404
POST o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/retry/ 302 404 403 403 409 409 404
POST o/<slug:organization>/p/<slug:project>/settings/keys/         302 404 403 403 422 422 404
POST o/<slug:organization>/p/<slug:project>/settings/keys/<int:key>/revoke/ 302 404 403 403 302 302 404
POST o/<slug:organization>/p/<slug:project>/settings/sites/        302 404 403 403 422 422 404
POST o/<slug:organization>/p/<slug:project>/settings/sites/<int:site>/remove/ 302 404 403 403 302 404 404
"""

# A secret key: none, of a stranger's organization, then one scope each of ours.
KEYS = ("none", "foreign", "query", "ingest", "inference", "privacy")
KEY_TABLE = """
GET  api/v1/key/                                                   401 200 200 200 200 200
GET  api/v1/projects/                                              401 200 200 403 403 403
GET  api/v1/projects/<int:project_id>/                             401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/drops/                       401 404 200 403 403 403
GET  api/v1/organizations/<slug:organization>/usage/               401 404 200 403 403 403
POST api/v1/projects/<int:project_id>/query/                       401 404 400 403 403 403
POST api/v1/projects/<int:project_id>/query/explain/               401 404 400 403 403 403
POST api/v1/projects/<int:project_id>/sql/                         401 404 400 403 403 403
POST api/v2/query                                                  401 400 400 403 403 403
GET  api/v1/projects/<int:project_id>/insights/ 401 404 200 403 403 403
POST api/v1/projects/<int:project_id>/insights/ 401 404 400 403 403 403
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 200 403 403 403
PATCH api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/result/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/history/ 401 404 200 403 403 403
POST api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/restore/<int:number>/ 401 404 200 403 403 403
DELETE api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 204 403 403 403
GET  api/v1/projects/<int:project_id>/cohorts/ 401 404 200 403 403 403
POST api/v1/projects/<int:project_id>/cohorts/ 401 404 400 403 403 403
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 200 403 403 403
PATCH api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/members/ 401 404 200 403 403 403
POST api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/compute/ 401 404 202 403 403 403
DELETE api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 204 403 403 403
GET  api/v1/projects/<int:project_id>/query/<uuid:run_id>/         401 404 409 403 403 403
DELETE api/v1/projects/<int:project_id>/query/<uuid:run_id>/       401 404 204 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/events/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 200 403 403 403
PATCH api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 403 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/properties/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 200 403 403 403
PATCH api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 403 403 403 403
GET  api/v1/projects/<int:project_id>/people/<path:person>/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/people/<path:person>/events/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/groups/<path:group>/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/groups/<path:group>/events/ 401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/export/                      401 404 200 403 403 403
GET  api/v1/projects/<int:project_id>/imports/                     401 404 403 200 403 403
POST api/v1/projects/<int:project_id>/imports/                     401 404 403 415 403 403
GET  api/v1/projects/<int:project_id>/imports/<uuid:import_id>/    401 404 403 200 403 403
DELETE api/v1/projects/<int:project_id>/imports/<uuid:import_id>/  401 404 403 200 403 403
GET  api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 403 200
POST api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 403 400
GET  api/v1/projects/<int:project_id>/erasures/<uuid:erasure_id>/  401 404 403 403 403 200
GET  api/v1/projects/<int:project_id>/people/<path:person>/export/ 401 404 403 403 403 200
GET  api/v1/inference/jobs/                                        401 200 403 403 200 403
POST api/v1/inference/jobs/                                        401 400 403 403 400 403
GET  api/v1/inference/jobs/<uuid:job_id>/                          401 404 403 403 200 403
POST api/v1/inference/jobs/<uuid:job_id>/cancel/                   401 404 403 403 200 403
"""

# What a placeholder stands for, where its name does not say: by the beginning of the route.
WRITE_KEY_ROUTES = "o/<slug:organization>/p/"

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    route: str
    statuses: tuple[int, ...]


def rows(table: str) -> list[Row]:
    lines = [line.split() for line in table.strip().splitlines()]
    return [Row(line[0], line[1], tuple(map(int, line[2:]))) for line in lines]


def each(table: str) -> list:
    return [pytest.param(row, id=f"{row.method} {row.route}") for row in rows(table)]


def routes(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", route) or "/"


def in_a_family(route: str) -> bool:
    return route.startswith(FAMILIES)


@pytest.fixture(autouse=True)
def _no_worker() -> None:
    cache.delete(WORKER_SEEN)


@pytest.fixture
def address(organization, project):
    """The address of a route, with things of Acme's in its placeholders."""
    erasure = factories.ErasureFactory.create(project=project)
    values = {
        "<slug:organization>": organization.slug,
        "<slug:project>": project.slug,
        "<int:project_id>": str(project.pk),
        "<slug:region>": "summary",
        "<slug:panel>": "sources",
        "<slug:kind>": "trends",
        "<int:place>": "0",
        "<uuid:import_id>": str(factories.ImportFactory.create(project=project).pk),
        "<uuid:insight_id>": str(factories.InsightFactory.create(project=project).pk),
        "<int:cohort_id>": str(factories.CohortFactory.create(project=project).pk),
        "<uuid:insight>": str(factories.InsightFactory.create(project=project).pk),
        "<int:number>": "1",
        "<uuid:run>": str(factories.QueryRunFactory.create(project=project).pk),
        "<uuid:run_id>": str(factories.QueryRunFactory.create(project=project).pk),
        "<uuid:erasure_id>": str(erasure.pk),
        "<uuid:erasure>": str(erasure.pk),
        "<uuid:job_id>": str(factories.JobFactory.create(organization=organization).pk),
        "<int:site>": str(factories.SiteFactory.create(project=project).pk),
        "<int:site_id>": str(factories.SiteFactory.create(project=project).pk),
        "<int:key>": str(factories.SecretKeyFactory.create(organization=organization).pk),
        "^{segment}/?$": "v1/track",
        "^{posthog}/?$": "capture",
        "^{plausible}/?$": "api/event",
        "^{umami}/?$": "api/send",
        "^array/{key}/config(?:\\.js)?/?$": "array/plw_key/config.js",
        "<int:event_id>": str(factories.EventDefinitionFactory.create(project=project).pk),
        "<int:property_id>": str(factories.PropertyDefinitionFactory.create(project=project).pk),
        "<path:person>": factories.PersonTraitsFactory.create(project=project).person,
        "<path:group>": factories.GroupTraitsFactory.create(project=project).group,
    }
    write_key = {"<int:key>": str(factories.WriteKeyFactory.create(project=project).pk)}

    def fill(route: str) -> str:
        known = {**values, **(write_key if route.startswith(WRITE_KEY_ROUTES) else {})}
        for placeholder, value in known.items():
            route = route.replace(placeholder, value)
        return "/" + route.lstrip("/")

    return fill


@pytest.fixture
def visitors(organization, stranger):
    """A browser of each of PEOPLE, in order."""
    members = {
        role: factories.MembershipFactory.create(organization=organization, role=role).user for role in Role.values
    }
    staff = factories.UserFactory.create(is_staff=True, is_superuser=True)
    browsers = {person: Client() for person in PEOPLE}
    for person, user in {"stranger": stranger, "staff": staff, **members}.items():
        browsers[person].force_login(user)
    return browsers


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    known = {route for route in routes(get_resolver().url_patterns) if not in_a_family(route)}

    assert {row.route for row in rows(TABLE)} == known


@pytest.mark.parametrize("row", each(TABLE))
def test_people_get_what_the_table_says(visitors, address, row) -> None:
    path = address(row.route)
    body, content_type = (b"{}", JSON) if row.route.startswith(("api/", "^")) else (b"nothing=said", FORM)

    found = {
        person: visitor.generic(row.method, path, body, content_type).status_code
        for person, visitor in visitors.items()
    }

    assert found == dict(zip(PEOPLE, row.statuses, strict=True))


@pytest.mark.parametrize("row", each(KEY_TABLE))
def test_secret_keys_get_what_the_table_says(client, organization, address, row) -> None:
    sent = {
        "none": {},
        "foreign": bearer(organization=factories.OrganizationFactory.create()),
        **{scope: bearer(organization=organization, scopes=[scope]) for scope in Scope.values},
    }
    path = address(row.route)

    found = {
        key: client.generic(row.method, path, b"{}", JSON, headers=headers).status_code
        for key, headers in sent.items()
    }

    assert found == dict(zip(KEYS, row.statuses, strict=True))


def bearer(**fields) -> dict[str, str]:
    """The header of a new key."""
    text = keys.generate(keys.SECRET_PREFIX)
    factories.SecretKeyFactory.create(text=text, **fields)
    return {"Authorization": f"Bearer {text}"}


def test_the_staff_admin_is_open_to_staff_and_closed_to_everybody_else(visitors, address) -> None:
    staff = visitors.pop("staff")

    opened = {staff.get(path).status_code for path in admin_lists()}
    closed = [visitor.get(path) for visitor in visitors.values() for path in admin_lists()]

    assert opened == {200}
    assert {response.status_code for response in closed} == {302}
    assert all(response.url.startswith(reverse("admin:login")) for response in closed)


def admin_lists() -> list[str]:
    names = [f"{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry]
    return [reverse("admin:index"), *(reverse(f"admin:{name}") for name in names)]


@pytest.mark.parametrize("name", ["account_email", "account_change_password", "account_logout"])
def test_the_pages_of_an_account_send_the_anonymous_away(db: None, client, name) -> None:
    assert client.get(reverse(name)).status_code == 302


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_the_ways_in_are_open(db: None, client, name) -> None:
    assert client.get(reverse(name)).status_code == 200
