"""A real Chromium against a real server with real data: accepted, sealed, queried."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import sync_playwright

from tests import factories
from tests.analytics.events import event, store
from tests.browser_setup import find
from tests.simulators.stripe.fixtures import localstripe, stripe

__all__ = ("localstripe", "stripe")

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--host-resolver-rules=MAP *.test 127.0.0.1",
    # By its own name a headless browser is a bot, whose events are dropped. A context's name is not a beacon's.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537",
)  # fmt: skip
# What htmx says of a request that another one replaces (`hx-sync`); one that fails says `htmx:sendError` as well.
REPLACED = ("htmx:afterRequest", "htmx:sendAbort")


@pytest.fixture(scope="module")
def browser():
    """Chromium, for the tests of one module.

    Playwright's own event loop rests in this thread while the tests use the ORM from it. Nothing here is
    asynchronous, so Django's guard against that is off for as long as the browser lives, and no longer.
    """
    path = find()
    if path is None:
        missing = "No Chromium on this machine."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def shop(live_server, organization, owner, settings):
    """A project with two days of visits, the last of them a moment ago."""
    settings.BASE_URL = live_server.url
    project = factories.ProjectFactory.create(organization=organization, name="Shop", slug="shop")
    factories.WriteKeyFactory(project=project)
    store(project, [_visit(number) for number in range(120)])
    return project


def _visit(number: int):
    """Visit `number`: one view, or an order by every sixth."""
    details = {
        "anonymous_id": f"visitor-{number % 40}",
        "source": ("Google", "Direct", "news.example.org")[number % 3],
        "channel": ("search", "direct", "referral")[number % 3],
        "country": ("DE", "US", "")[number % 3],
        "device": ("desktop", "mobile")[number % 2],
        "browser": ("Firefox", "Chrome")[number % 2],
        "os": ("Linux", "Android")[number % 2],
        "path": f"/page-{number % 14}",
    }
    moment = timezone.now() - timedelta(minutes=20 * number)
    ordered = number % 6 == 5
    kind, name = ("track", "Order Completed") if ordered else ("page", "page")
    return event(moment, kind=kind, name=name, properties={"price": number}, **details)


@pytest.fixture
def console():
    """What pages said on their consoles; a test that expects something clears it."""
    said: list[str] = []
    yield said
    assert said == []


@pytest.fixture
def visit(browser, live_server, client, console):
    """`visit("/path/", user=owner)`: a page, loaded whole, whose console must stay silent."""
    contexts = []

    def open_page(path, *, user=None, scheme="light", width=1280, **options):
        context = browser.new_context(
            base_url=live_server.url, color_scheme=scheme, viewport={"width": width, "height": 800}, **options
        )
        contexts.append(context)
        if user is not None:
            client.force_login(user)
            cookie = client.cookies["plumbline_session"]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: message.text.startswith(REPLACED) or console.append(message.text))
        page.on("pageerror", lambda error: console.append(str(error)))
        page.goto(path)
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()
