"""What customers name is asked only where it is of the internet, and only for so much and so long."""

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from accounts import outgoing
from accounts.errors import Invalid


class Server(http.server.ThreadingHTTPServer):
    """What it was asked for is in `seen`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Site)
        self.seen: list[str] = []
        self.stopped = threading.Event()


class Site(http.server.BaseHTTPRequestHandler):
    """A site that sends too much, or too slowly, or elsewhere."""

    server: Server

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        if self.path == "/head":
            self._dribble()
            return
        self.send_response(302 if self.path == "/elsewhere" else 200)
        if self.path == "/elsewhere":
            self.send_header("Location", "/small")
        self.end_headers()
        try:
            if self.path == "/large":
                for _ in range(40):
                    self.wfile.write(b"x" * 16_384)
            elif self.path == "/slow":
                for _ in range(50):
                    self.wfile.write(b"x" * 16_384)
                    time.sleep(0.1)
            else:
                self.wfile.write(b"small")
        except OSError:
            self.server.seen.append("gone")

    def _dribble(self) -> None:
        """A head that never ends, a byte at a time."""
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.server.stopped.wait(0.02):
                self.wfile.write(b"x")

    def log_message(self, *_: object) -> None:
        """Tests read `seen`."""


@pytest.fixture
def site() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.stopped.set()
        server.shutdown()


@pytest.fixture
def _private(settings) -> None:
    settings.SSO_PRIVATE = True


def get(site, path: str) -> requests.Response:
    with outgoing.session() as session:
        return session.get(f"http://127.0.0.1:{site.server_port}{path}")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1",
        "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "2001:0:0:1::1",
    ],
)  # fmt: skip
def test_addresses_of_one_s_own_network_are_none_of_the_internet(address) -> None:
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111"])
def test_addresses_of_the_internet_are(address) -> None:
    assert outgoing.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "2130706433", "0x7f.1", "127.1"]
)
def test_nothing_of_one_s_own_network_is_reached(host) -> None:
    with outgoing.session() as session, pytest.raises(Invalid, match="not an address of the internet"):
        session.get(f"https://{host}/")


def test_a_name_of_which_any_address_is_private_is_not_reached(monkeypatch) -> None:
    def found(*_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", found)

    with outgoing.session() as session, pytest.raises(Invalid, match="not an address of the internet"):
        session.get("https://rebound.test/")


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_found(monkeypatch) -> None:
    asked, reached = [], []

    def found(host, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    def connect(address, *_):
        reached.append(address)
        raise OSError("not from here")

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(socket, "create_connection", connect)
    with outgoing.session() as session, pytest.raises(requests.ConnectionError):
        session.get("https://login.acme.test/")

    assert asked == ["login.acme.test"]
    assert reached == [("93.184.216.34", 443)]


@pytest.mark.parametrize(
    "url", ["http://example.com/", "http://127.0.0.1/", "https://", "https://a@example.com/", "ftp://a.test"]
)
def test_nothing_but_https_is_asked(url) -> None:
    with pytest.raises(Invalid, match="not an https:// address"):
        outgoing.require_secure(url)


@pytest.mark.usefixtures("_private")
def test_where_it_is_allowed_this_machine_is_reached_without_https_and_no_other() -> None:
    outgoing.require_secure("http://localhost:8080/")
    for url in ("http://10.0.0.1/", "http://login.acme.test/", "http://127.0.0.2/"):
        with pytest.raises(Invalid):
            outgoing.require_secure(url)


@pytest.mark.usefixtures("_private")
def test_a_large_answer_is_not_read_to_its_end(site) -> None:
    with pytest.raises(Invalid, match="larger than 512 KB"):
        get(site, "/large")


@pytest.mark.usefixtures("_private")
def test_a_slow_answer_is_not_waited_for(site, monkeypatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)

    with pytest.raises(Invalid, match="took longer"):
        get(site, "/slow")


@pytest.mark.usefixtures("_private")
def test_an_answer_that_never_gets_to_its_body_is_not_waited_for(site, monkeypatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)

    with pytest.raises(Invalid, match="took longer"):
        get(site, "/head")


def test_whether_the_own_network_is_reached_is_said_for_each_use(site) -> None:
    url = f"http://127.0.0.1:{site.server_port}/small"

    with outgoing.session(private=True) as session:
        assert session.get(url).content == b"small"
    with outgoing.session(private=False) as session, pytest.raises(Invalid, match="not an https:// address"):
        session.get(url)


@pytest.mark.usefixtures("_private")
def test_redirects_are_not_followed_and_no_proxy_is_asked(site, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert get(site, "/elsewhere").status_code == 302
    assert get(site, "/small").content == b"small"
    assert site.seen == ["/elsewhere", "/small"]
