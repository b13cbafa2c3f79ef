"""Stripe for a test: import both names into a conftest."""

import socket
import subprocess
import sys
import time

import pytest
import requests

from tests.simulators.stripe.front import KEY, Front, serve

WEBHOOK_SECRET = "whsec_simulator"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def localstripe():
    """The address of localstripe, which runs in a process of its own for as long as the tests do."""
    port = free_port()
    command = [sys.executable, "-m", "tests.simulators.stripe.back", str(port)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while not answers(url):
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("localstripe did not come up.")
        time.sleep(0.1)
    yield url
    child.terminate()
    child.wait(10)


def answers(url: str) -> bool:
    try:
        return bool(requests.get(f"{url}/js.stripe.com/v3/", timeout=1).ok)
    except requests.ConnectionError:
        return False


@pytest.fixture
def stripe(localstripe, settings):
    """A Stripe without anything in it, which this installation is set up with."""
    requests.delete(f"{localstripe}/_config/data", timeout=5)
    front = Front(localstripe)
    server = serve(front)
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = KEY, WEBHOOK_SECRET
    settings.STRIPE_API_BASE = front.url
    yield front
    server.shutdown()
    server.server_close()
