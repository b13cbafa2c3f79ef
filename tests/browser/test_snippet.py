"""Our snippet in a customer's page: a real Chromium, a site of another origin, and what arrives in the inbox."""

import contextlib
import http.server
import json
import threading
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from analytics.ingestion import payloads
from analytics.models import InboxEntry
from analytics.services.visitors import PREFIX
from tests import factories
from tests.product import eventually, free_port

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEY = "plw_snippet"
LOAD = "**/api/v1/events/"
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}


class Site(http.server.ThreadingHTTPServer):
    """A customer's site: every path answers `html` with `headers`, at any host name that ends in .test."""

    daemon_threads = True
    html = ""
    headers: dict[str, str]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.server.html.encode()
        self.send_response(200)
        for name, value in {"Content-Type": "text/html", **self.server.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def site():
    server = Site(("127.0.0.1", 0), Handler)
    server.headers = {}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(browser, live_server, site, project, console):
    """`visit("/path", attributes="data-hash", body="…")`: the page, loaded, in a browser of its own."""
    factories.WriteKeyFactory(project=project, text=KEY)
    contexts = []

    def open_page(path="/", *, attributes="", body="", before="", host="shop.test", init="0"):
        script = f'<script defer src="{live_server.url}/plumbline.js" data-key="{KEY}" {attributes}></script>'
        site.html = f"<!doctype html><title>A shop</title>{before}{script}{body}"
        context = browser.new_context(
            timezone_id="Europe/Stockholm",
            locale="sv-SE",
            screen={"width": 1200, "height": 900},
        )
        contexts.append(context)
        context.add_init_script(init)
        page = context.new_page()
        page.on("console", lambda message: console.append(message.text))
        page.on("pageerror", lambda error: console.append(str(error)))
        page.goto(f"http://{host}:{site.server_port}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def inbox():
    return [event for entry in InboxEntry.objects.order_by("id") for event in payloads.unpack(entry.payload)]


@pytest.fixture
def arrived(browser):
    """`arrived(3)`: the events of the inbox, once there are as many. Meanwhile Playwright does its own work."""

    def wait(count: int):
        page = browser.contexts[-1].pages[-1]
        eventually(lambda: len(inbox()) >= count or page.wait_for_timeout(50), within=20)
        found = inbox()
        assert len(found) == count
        assert len({event.message_id for event in found}) == count
        return found

    return wait


def kept(page):
    """What the page has written down."""
    return page.evaluate("({...localStorage})")


def names(events) -> list[str]:
    return [event.name for event in events]


def test_a_view_tells_where_and_what_and_nothing_is_stored(visit, arrived, site) -> None:
    page = visit("/pricing?utm_source=news&x=1#top")

    view = arrived(1)[0]

    origin = f"http://shop.test:{site.server_port}"
    assert (view.kind, view.url, view.host, view.path) == (
        "page", f"{origin}/pricing?utm_source=news&x=1", "shop.test", "/pricing",
    )  # fmt: skip
    assert (view.title, view.referrer, view.utm_source, view.library) == ("A shop", "", "news", "plumbline.js")
    assert (view.country, view.language, view.browser) == ("SE", "sv-SE", "Chrome")
    context = json.loads(view.context)
    assert context["screen"] == {"width": 1200, "height": 900}
    assert context["library"]["version"]
    assert view.anonymous_id.startswith(PREFIX)
    assert (kept(page), page.context.cookies(), page.evaluate("sessionStorage.length")) == ({}, [], 0)


def test_a_referrer_comes_along(visit, arrived, site) -> None:
    page = visit("/one", body='<a id="next" href="/two">Two</a>')
    arrived(1)

    page.locator("#next").click()

    assert urlsplit(arrived(2)[1].referrer).path == "/one"


def test_moving_within_one_document_is_a_view(visit, arrived) -> None:
    page = visit("/a")
    arrived(1)
    page.evaluate("history.pushState({}, '', '/b'); document.title = 'B'")
    arrived(2)
    page.evaluate("history.replaceState({}, '', '/c')")
    arrived(3)
    page.evaluate("history.back()")

    views = arrived(4)

    assert [view.path for view in views] == ["/a", "/b", "/c", "/a"]
    assert views[1].title == "B"
    assert [urlsplit(view.referrer).path for view in views] == ["", "/a", "/b", "/c"]
    assert {view.source for view in views} == {"Direct"}


def test_a_search_or_hash_that_changes_is_no_view(visit, arrived) -> None:
    page = visit("/a")
    arrived(1)

    page.evaluate("history.replaceState({}, '', '/a?q=x'); location.hash = 'there'; plumbline.track('Searched')")

    assert [(event.name, urlsplit(event.url).query) for event in arrived(2)] == [("page", ""), ("Searched", "q=x")]


def test_with_data_hash_the_hash_is_part_of_the_path(visit, arrived) -> None:
    page = visit("/#/inbox", attributes="data-hash")
    arrived(1)

    page.evaluate("location.hash = '#/sent'")

    assert [view.path for view in arrived(2)] == ["/inbox", "/sent"]


def test_a_page_may_count_its_views_itself(visit, arrived) -> None:
    page = visit("/a", attributes="data-manual")

    page.evaluate("history.pushState({}, '', '/b'); plumbline.page('Basket', {items: 2})")

    view = arrived(1)[0]
    assert (view.path, json.loads(view.properties)) == ("/b", {"name": "Basket", "items": 2})


def test_clicks_on_other_sites_and_files_are_told(visit, arrived, site) -> None:
    links = (
        "http://else.test:9/page?a=1", "/price-list.PDF", "/here", "mailto:a@shop.test",
    )  # fmt: skip
    anchors = "".join(f'<a href="{link}" onclick="event.preventDefault()">{link}</a> ' for link in links)
    page = visit("/", body=anchors + '<a href="/data" download onclick="event.preventDefault()">data</a>')
    for link in page.locator("a").all():
        link.click()

    events = arrived(4)

    told = [(event.name, json.loads(event.properties).get("url")) for event in events[1:]]
    origin = f"http://shop.test:{site.server_port}"
    assert told == [
        ("Outbound link clicked", "http://else.test:9/page?a=1"),
        ("File downloaded", f"{origin}/price-list.PDF"),
        ("File downloaded", f"{origin}/data"),
    ]


def test_what_is_marked_in_the_page_is_an_event(visit, arrived) -> None:
    page = visit(
        "/",
        body="""<button data-plumbline-event="Plan chosen" data-plumbline-plan-name="Pro"><b>Choose</b></button>
        <form data-plumbline-event="Asked" onsubmit="event.preventDefault()"><input>
        <button id="ask">Ask</button></form>
        """,
    )
    page.locator("b").click()
    page.locator("input").click()
    page.locator("#ask").click()

    events = arrived(3)

    assert names(events) == ["page", "Plan chosen", "Asked"]
    assert [json.loads(event.properties) for event in events[1:]] == [{"planName": "Pro"}, {}]


def test_what_was_called_before_it_was_loaded_is_done(visit, arrived) -> None:
    visit(
        "/",
        before="<script>window.plumbline = window.plumbline || [];"
        "plumbline.push(['identify', 42, {plan: 'pro'}]);"
        "plumbline.push(['track', 'Opened', {at: 'start'}])</script>",
    )

    events = arrived(3)

    assert [(event.name, event.user_id) for event in events] == [
        ("identify", "42"),
        ("Opened", "42"),
        ("page", "42"),
    ]
    assert [json.loads(event.properties) for event in events] == [{"plan": "pro"}, {"at": "start"}, {}]


def test_a_persistent_id_links_what_came_before_to_the_user(visit, arrived) -> None:
    page = visit("/", attributes='data-persist="localStorage"')
    arrived(1)
    page.reload()
    page.evaluate("plumbline.identify('ada'); plumbline.group('acme', {seats: 3}); plumbline.track('Paid')")

    events = arrived(5)

    ids = {event.anonymous_id for event in events}
    assert ids == {kept(page)["plumbline_id"]}
    assert [(event.name, event.user_id, event.group_id) for event in events[1:]] == [
        ("page", "", ""), ("identify", "ada", ""), ("group", "ada", "acme"), ("Paid", "ada", "acme"),
    ]  # fmt: skip


def test_reset_makes_somebody_else_of_the_visitor(visit, arrived) -> None:
    page = visit("/", attributes='data-persist="localStorage"')
    page.evaluate("plumbline.identify('ada'); plumbline.reset(); plumbline.track('Left')")

    _, known, unknown = arrived(3)

    assert (known.user_id, unknown.user_id) == ("ada", "")
    assert known.anonymous_id != unknown.anonymous_id


def test_consent_is_remembered_and_can_be_taken_back(visit, arrived) -> None:
    page = visit("/")
    page.evaluate("plumbline.consent(true); plumbline.track('Agreed')")
    agreed = arrived(2)[1]
    page.reload()
    again = arrived(3)[2]
    page.evaluate("plumbline.consent(false); plumbline.track('Disagreed')")

    disagreed = arrived(4)[3]

    assert agreed.anonymous_id == again.anonymous_id
    assert not agreed.anonymous_id.startswith(PREFIX)
    assert disagreed.anonymous_id.startswith(PREFIX)
    assert kept(page) == {}


@pytest.fixture
def second_server():
    """`second_server(port)` starts another of our servers there, for as long as the test runs."""
    servers = []
    yield lambda port: servers.append(LiveServer(f"localhost:{port}"))
    for server in servers:
        server.stop()


def test_the_queue_survives_a_reload_while_the_server_is_down(visit, arrived, second_server, console) -> None:
    port = free_port()
    page = visit("/", attributes=f'data-host="http://localhost:{port}/"')
    page.evaluate("plumbline.track('Paid', {amount: 9})")
    page.wait_for_function("localStorage.plumbline_queue")
    page.reload()
    page.evaluate("plumbline.track('Came back')")
    page.reload()
    assert inbox() == []

    second_server(port)

    assert sorted(names(arrived(5))) == ["Came back", "Paid", "page", "page", "page"]
    page.wait_for_function("!localStorage.plumbline_queue")
    console.clear()


def test_a_server_that_is_busy_is_asked_again(visit, arrived, console) -> None:
    answers = [
        {"status": 429, "headers": {**CORS, "Retry-After": "1"}},
        {"status": 503, "headers": CORS},
    ]
    asked = []

    def busy(route) -> None:
        asked.append(json.loads(route.request.post_data)["events"][0]["message_id"])
        with contextlib.suppress(IndexError):
            route.fulfill(**answers.pop(0))
            return
        route.continue_()

    page = visit("/", attributes="data-manual")
    page.context.route(LOAD, busy)
    page.evaluate("plumbline.track('Paid')")

    paid = arrived(1)[0]

    assert asked == [paid.message_id] * 3
    console.clear()


def test_what_is_refused_is_not_sent_again(visit, arrived, console) -> None:
    page = visit("/", attributes="data-manual")
    page.context.route(LOAD, lambda route: route.fulfill(status=401, headers=CORS))
    with page.expect_console_message(lambda message: message.text == "plumbline: 401"):
        page.evaluate("plumbline.track('Lost')")
    page.context.unroute(LOAD)
    page.evaluate("plumbline.track('Kept')")

    assert names(arrived(1)) == ["Kept"]
    assert kept(page) == {}
    console.clear()


def test_on_leaving_what_waits_goes_by_beacon(visit, arrived, site) -> None:
    page = visit("/")
    arrived(1)
    page.wait_for_load_state("networkidle")

    page.evaluate("plumbline.track('Left'); location.href = '/elsewhere'")

    assert sorted(names(arrived(3))) == ["Left", "page", "page"]


def test_a_page_that_is_closed_sends_what_waits(visit, arrived) -> None:
    page = visit("/", attributes="data-manual")

    page.evaluate("plumbline.track('Closed')")
    page.context.new_page()
    page.close()

    assert names(arrived(1)) == ["Closed"]


def test_a_large_queue_goes_in_pieces(visit, arrived) -> None:
    page = visit("/", attributes="data-manual")

    page.evaluate("for (let n = 0; n < 25; n++) plumbline.track('Step', {n, text: 'å'.repeat(9000)})")

    assert sorted(json.loads(event.properties)["n"] for event in arrived(25)) == list(range(25))


@pytest.mark.parametrize(
    "init",
    [
        "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
        "localStorage.plumbline_ignore = 'true'",
    ],
)
def test_who_does_not_want_to_be_counted_is_not(visit, arrived, init) -> None:
    refusing = visit("/refused", init=init)
    refusing.evaluate("plumbline.track('Paid'); plumbline.consent(true); plumbline.identify('ada')")
    refusing.reload()

    visit("/counted")

    assert [event.path for event in arrived(1)] == ["/counted"]


def test_a_page_may_decide_not_to_respect_do_not_track(visit, arrived) -> None:
    init = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})"

    visit("/", attributes='data-respect-dnt="false"', init=init)

    arrived(1)


def test_opting_out_ends_it_until_it_is_taken_back(visit, arrived) -> None:
    page = visit("/", attributes='data-persist="localStorage"')
    arrived(1)
    page.evaluate("plumbline.track('Unsent'); plumbline.optOut(); plumbline.track('Unheard')")
    assert kept(page) == {"plumbline_ignore": "true"}
    page.reload()
    page.evaluate("plumbline.track('Unheard')")
    assert kept(page) == {"plumbline_ignore": "true"}

    page.evaluate("plumbline.optOut(false); plumbline.track('Back')")

    assert names(arrived(2)) == ["page", "Back"]


def test_a_page_on_localhost_is_not_counted_unless_it_says_so(visit, arrived) -> None:
    visit("/ignored", host="localhost").goto("about:blank")
    visit("/counted", host="localhost", attributes="data-local")

    assert [event.path for event in arrived(1)] == ["/counted"]


def test_it_works_under_a_strict_policy(visit, arrived, site, live_server) -> None:
    site.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src {live_server.url}; "
        f"connect-src {live_server.url}; "
        "require-trusted-types-for 'script'"
    }

    page = visit("/")

    arrived(1)
    page.goto("about:blank")


@pytest.mark.parametrize(
    "init",
    [
        "Object.defineProperty(window, 'localStorage', {get: () => { throw new Error('forbidden') }})",
        "Storage.prototype.setItem = () => { throw new Error('full') }",
        "localStorage.plumbline_queue = '[1, null, {}]'",
        "localStorage.plumbline_queue = '{'",
        "window.plumbline = document.createElement('div')",
    ],
)
def test_nothing_is_thrown_into_the_page(visit, arrived, init) -> None:
    page = visit("/", init=init, attributes='data-persist="localStorage"')

    page.evaluate("""() => {
        const circle = {}; circle.self = circle;
        plumbline.track('Circle', circle);
        plumbline.track('Number', {n: 1n});
        plumbline.push(['nothing']); plumbline.push(5); plumbline.identify(circle); plumbline.reset();
        document.dispatchEvent(new Event('submit'));
        plumbline.track('Fine');
    }""")

    assert names(arrived(2)) == ["page", "Fine"]


def test_loaded_twice_it_counts_once(visit, arrived, live_server) -> None:
    script = f'<script defer src="{live_server.url}/plumbline.js" data-key="{KEY}"></script>'
    page = visit("/", before=script)

    page.evaluate("plumbline.track('Once')")

    assert names(arrived(2)) == ["page", "Once"]
