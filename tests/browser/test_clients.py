"""Other products' browser libraries, unmodified, in a customer's page: a real Chromium, and what arrives."""

import functools
import http.server
import json
import threading
from pathlib import Path

import pytest

from analytics.contracts import Event
from analytics.ingestion import payloads
from analytics.models import DropCount, InboxEntry
from tests import clients_setup, factories
from tests.product import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEY = "plw_browser"
PAGE = b'<!doctype html><title>A shop</title><body><a href="https://partner.test/x.pdf">Partner</a></body>'


class Handler(http.server.SimpleHTTPRequestHandler):
    """The libraries as files, and the same page at every other address."""

    def do_GET(self) -> None:
        if self.path.startswith("/node_modules/"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def translate_path(self, path: str) -> str:
        # Modules that were written for bundlers leave the ending to them.
        found = Path(super().translate_path(path))
        return str(found if found.is_file() else found.with_name(found.name + ".js"))

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def site():
    """The address of a customer's site, another origin than ours."""
    if not clients_setup.is_installed():
        pytest.fail(clients_setup.MISSING)
    handler = functools.partial(Handler, directory=str(clients_setup.FOLDER))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://shop.test:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser, site, console):
    """A page of the customer's, which a person looks at: these libraries are silent where nobody does."""
    context = browser.new_context(timezone_id="Europe/Stockholm", locale="sv-SE")
    context.add_init_script("Object.defineProperty(navigator, 'webdriver', {get: () => false})")
    found = context.new_page()
    found.on("console", lambda message: console.append(message.text))
    found.on("pageerror", lambda error: console.append(str(error)))
    found.goto(f"{site}/pricing?utm_source=news")
    yield found
    context.close()


@pytest.fixture
def arrived(page):
    """`arrived(3)`: the events of the inbox by name, once there are as many. Meanwhile the browser works."""

    def stored() -> list[Event]:
        return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]

    def wait(count: int) -> dict[str, Event]:
        eventually(lambda: len(stored()) >= count or page.wait_for_timeout(50), within=20)
        assert not DropCount.objects.exists()
        found = stored()
        assert len(found) == count
        return {event.name: event for event in found}

    return wait


POSTHOG = """async ([host, key]) => {
  // The view is captured by itself, a moment after the start.
  await new Promise((seen) => posthog.init(key, {
    api_host: host, loaded: (started) => started.on("eventCaptured", seen), OPTIONS}));
  posthog.capture("Signed up", {plan: "pro", seats: 3});
  posthog.identify("u1", {email: "u1@acme.test"}, {first: "docs"});
  posthog.group("company", "acme", {name: "Acme"});
  posthog.alias("u2");
  await new Promise((done) => posthog.onFeatureFlags(done));
}"""


@pytest.mark.parametrize(
    "options",
    ["disable_compression: true", "request_batching: true"],
    ids=["plain", "packed"],
)
def test_posthog(page, arrived, live_server, project, options) -> None:
    factories.WriteKeyFactory(project=project, text=KEY)
    page.add_script_tag(url="/node_modules/posthog-js/dist/array.full.js")
    packed: list[bool] = []
    page.on("request", lambda request: packed.append((request.post_data_buffer or b"")[:2] == b"\x1f\x8b"))

    page.evaluate(POSTHOG.replace("OPTIONS", options), [live_server.url, KEY])

    events = arrived(5)
    assert any(packed) == ("disable" not in options)
    view, track, identify = events["page"], events["Signed up"], events["identify"]
    assert (view.path, view.title, view.utm_source, view.language, view.country, view.browser) == (
        "/pricing", "A shop", "news", "sv-SE", "SE", "Chrome",
    )  # fmt: skip
    assert (view.library, view.user_id, view.anonymous_id) == ("posthog-js", "", track.anonymous_id)
    assert {"plan": "pro", "seats": 3}.items() <= json.loads(track.properties).items()
    assert (identify.user_id, identify.anonymous_id, json.loads(identify.properties)) == (
        "u1", view.anonymous_id, {"email": "u1@acme.test"},
    )  # fmt: skip
    assert json.loads(identify.context)["set_once"]["first"] == "docs"
    assert (events["group"].group_id, json.loads(events["group"].properties)) == ("company:acme", {"name": "Acme"})
    assert (events["alias"].previous_id, events["alias"].user_id) == ("u1", "u2")


def test_posthog_says_when_somebody_leaves(page, arrived, live_server, project) -> None:
    factories.WriteKeyFactory(project=project, text=KEY)
    page.add_script_tag(url="/node_modules/posthog-js/dist/array.full.js")
    page.evaluate("([host, key]) => { posthog.init(key, {api_host: host}); }", [live_server.url, KEY])
    arrived(1)

    page.goto("about:blank")

    assert arrived(2)["$pageleave"].path == "/pricing"


OFFICIAL = """async ([host, domain]) => {
  const {init, track} = await import("/node_modules/@plausible-analytics/tracker/plausible.js");
  init({domain, endpoint: host + "/api/event", outboundLinks: true, logging: false});
  const told = (name, options) => new Promise((callback) => track(name, {...options, callback}));
  return [await told("Signed up", {props: {plan: "pro"}, revenue: {currency: "EUR", amount: 12.5}})];
}"""


def test_plausible(page, arrived, live_server, project) -> None:
    factories.SiteFactory(project=project, name="shop.test")

    answers = page.evaluate(OFFICIAL, [live_server.url, "shop.test"])
    arrived(2)
    page.goto("about:blank")

    events = arrived(3)
    view, track, engagement = events["page"], events["Signed up"], events["engagement"]
    assert answers == [{"status": 202}]
    assert (view.path, view.utm_source, view.browser, view.library) == ("/pricing", "news", "Chrome", "plausible")
    assert json.loads(track.properties) == {"plan": "pro", "revenue": 12.5, "currency": "EUR"}
    assert {"scroll_depth", "engagement_time"} == set(json.loads(engagement.properties))
    assert view.anonymous_id == track.anonymous_id == engagement.anonymous_id


OLDER = """async ([host, domain]) => {
  const {default: Plausible} = await import("/node_modules/plausible-tracker/build/module/index.js");
  const plausible = Plausible({domain, apiHost: host});
  plausible.trackPageview();
  await new Promise((callback) => plausible.trackEvent("Signed up", {props: {plan: "pro"}, callback}));
}"""


def test_plausible_tracker(page, arrived, live_server, project) -> None:
    factories.SiteFactory(project=project, name="shop.test")

    page.evaluate(OLDER, [live_server.url, "shop.test"])

    events = arrived(2)
    assert (events["page"].path, events["page"].utm_source) == ("/pricing", "news")
    assert json.loads(events["Signed up"].properties) == {"plan": "pro"}
    assert events["page"].anonymous_id == events["Signed up"].anonymous_id
