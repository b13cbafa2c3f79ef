"""Who gets what in the staff admin: its own pages, and each page of each model. A route without a row fails."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin
from django.urls import get_resolver, reverse

from accounts.models import Coupon, CreditNote, DomainClaim, Membership, Organization, Plan, User
from analytics.models import Project
from inference.models import Alias, LanguageModel
from tests.accounts.test_admin import LISTS
from tests.test_access_matrix import PEOPLE, browsers_of, each, routes, rows

# Those who are no staff, one after the other: a page of the admin sends them to its login.
OWN_PAGES = """
GET  admin/                        302 302 302 302 302 302 302 200 200 200
GET  admin/search/                 302 302 302 302 302 302 302 200 200 200
GET  admin/login/                  302 403 403 403 403 403 403 302 302 302
GET  admin/password_change/        302 302 302 302 302 302 302 200 200 200
GET  admin/password_change/done/   302 302 302 302 302 302 302 200 200 200
GET  admin/autocomplete/           302 302 302 302 302 302 302 403 403 403
GET  admin/jsi18n/                 302 302 302 302 302 302 302 200 200 200
GET  admin/r/<path:content_type_id>/<path:object_id>/ 302 302 302 302 302 302 302 404 404 404
GET  admin/^{app_label}/$          302 302 302 302 302 302 302 404 200 200
GET  admin/{url}$                  302 302 302 302 302 302 302 404 404 404
POST admin/logout/                 302 302 302 302 302 302 302 200 200 200
"""
PLACEHOLDERS = {
    "<path:content_type_id>/<path:object_id>": "999999/1",
    "^{app_label}/$": "accounts/",
    "{url}$": "nothing",
}
# The same of every model; what superusers get of these two depends on it.
PAGES = """
GET                            302 302 302 302 302 302 302 403 200 200
GET  <path:object_id>/         302 302 302 302 302 302 302 302 302 302
GET  <path:object_id>/change/  302 302 302 302 302 302 302 403 200 200
GET  <path:object_id>/history/ 302 302 302 302 302 302 302 403 200 200
GET  export/                   302 302 302 302 302 302 302 403 200 200
GET  add/                      302 302 302 302 302 302 302 403 403 ADD
GET  <path:object_id>/delete/  302 302 302 302 302 302 302 403 403 DELETE
GET  <id>/password/            302 302 302 302 302 302 302 403 403 200
"""
# Whatever else there is is written by the product, and staff look at it.
ADD = {Alias, CreditNote, LanguageModel, Organization, Plan, Coupon, User, Membership, Project}
DELETE = {Alias, LanguageModel, Authenticator, Plan, Membership, DomainClaim, SocialAccount}


@pytest.fixture
def visitors(organization, stranger):
    return browsers_of(organization, stranger)


def pages() -> list[tuple[str, list[str]]]:
    """Route below the model, and the columns."""
    lines = [line.removeprefix("GET  ") for line in PAGES.strip().splitlines()]
    return [(line[:26].strip(), line[26:].split()) for line in lines]


def of_a_model(route: str) -> str | None:
    """What stands behind the model in a route of the admin, None for the admin's own."""
    match = re.fullmatch(
        r"admin/(?:accounts|analytics|inference|config|account|mfa|socialaccount)/\w+/(.*)", route
    )
    return match[1] if match else None


def test_every_route_of_the_admin_is_in_a_table() -> None:
    known = [route for route in routes(get_resolver().url_patterns) if route.startswith("admin/")]
    of_models = {rest for route in known if (rest := of_a_model(route)) is not None}
    own = {route for route in known if of_a_model(route) is None}

    assert of_models == {rest for rest, _ in pages()}
    assert own == {row.route for row in rows(OWN_PAGES)}


def test_every_model_of_the_admin_is_walked() -> None:
    assert set(admin.site._registry) == set(LISTS)


@pytest.mark.parametrize("row", each(OWN_PAGES))
def test_its_own_pages(visitors, row) -> None:
    path = "/" + row.route
    for placeholder, value in PLACEHOLDERS.items():
        path = path.replace(placeholder, value)

    found = {person: visitor.generic(row.method, path).status_code for person, visitor in visitors.items()}

    assert found == dict(zip(PEOPLE, row.statuses, strict=True))


@pytest.mark.parametrize(("model", "make"), LISTS.items(), ids=lambda item: getattr(item, "__name__", ""))
def test_the_pages_of_a_model(visitors, model, make) -> None:
    place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    what = {"ADD": "200" if model in ADD else "403", "DELETE": "200" if model in DELETE else "403"}
    expected, found = {}, {}
    pk = str(make().pk)
    for rest, columns in pages():
        if rest == "<id>/password/" and model is not User:
            continue
        path = place + re.sub(r"<[^>]*>", pk, rest)
        expected[rest] = [int(what.get(status, status)) for status in columns]
        found[rest] = [visitor.get(path).status_code for visitor in visitors.values()]

    assert found == expected
