"""Limited projects, sensitive properties and public links, as people meet them."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.permissions import Role
from analytics.models import PropertyDefinition
from tests import factories
from tests.browser.test_accessible import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SPEC = {
    "kind": "trends",
    "period": {"last": "7d"},
    "series": [{"event": "Order Completed"}],
    "breakdown": ["country"],
}
PLACE = ["acme", "shop"]


def keep(page, name: str) -> None:
    """A picture of each look, where PICTURES says where to."""
    if not (folder := os.environ.get("PICTURES")):
        return
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png", full_page=True)


@contextmanager
def served(html: str) -> Iterator[str]:
    """The address of another site, which answers with this."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_an_owner_limits_a_project_to_a_member(visit, shop, owner, organization):
    chosen = factories.MembershipFactory.create(organization=organization, role=Role.ANALYST)
    other = factories.MembershipFactory.create(organization=organization, role=Role.VIEWER)
    page = visit(reverse("project_access", args=PLACE), user=owner)

    page.get_by_label("Only chosen members").check()
    page.get_by_label(chosen.user.email).check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()

    expect(page.get_by_label(chosen.user.email)).to_be_checked()
    expect(page.get_by_label(other.user.email)).not_to_be_checked()
    keep(page, "access")
    check(page)


def test_an_admin_marks_a_property_and_a_viewer_sees_its_name_only(visit, shop, owner, organization, console):
    definition = PropertyDefinition.objects.get(project=shop, name="price")
    page = visit(reverse("data_property", args=[*PLACE, definition.pk]), user=owner)

    page.get_by_label("Sensitive").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved what you say").wait_for()

    keep(page, "marked")
    check(page)
    viewer = factories.MembershipFactory.create(organization=organization, role=Role.VIEWER).user
    refused = visit(
        reverse("explore_kind", args=[*PLACE, "breakdown"])
        + "?period.last=7d&breakdown.0=properties.price&columns.0.aggregation=total",
        user=viewer,
    )
    refused.get_by_text("You may not ask about this").wait_for()
    keep(refused, "refused")
    # The browser says that the page was answered with 403.
    assert "403" in console.pop()


def test_an_owner_makes_a_public_link_that_anybody_opens_in_a_frame(visit, shop, owner, browser, live_server):
    insight = factories.InsightFactory.create(project=shop, name="Orders by country", spec=SPEC, created_by=owner)
    page = visit(reverse("explore_saved", args=[*PLACE, insight.pk]), user=owner)
    keep(page, "insight")
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_label("Other sites may show it").check()
    page.get_by_role("button", name="Make a link").click()
    page.get_by_text("Copy it now").wait_for()
    link = page.locator("#new-link").inner_text().strip()
    keep(page, "share")
    check(page)

    public = visit(link)

    public.get_by_role("heading", name="Orders by country").wait_for()
    assert public.locator("a[href*='/o/acme']").count() == 0
    keep(public, "shared")
    check(public)
    context = browser.new_context()
    elsewhere = context.new_page()
    with served(f'<iframe src="{link}" width="800" height="600"></iframe>') as site:
        elsewhere.goto(site)
        elsewhere.frame_locator("iframe").get_by_role("heading", name="Orders by country").wait_for()
    context.close()
