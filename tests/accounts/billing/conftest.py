"""What Stripe tells, delivered to the product's own server."""

import hashlib
import hmac
import json
import time

import pytest
import requests

from accounts.models import Plan
from tests import factories
from tests.simulators.stripe.fixtures import WEBHOOK_SECRET, localstripe, stripe

__all__ = ("localstripe", "stripe")


def signature(body: str, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    """As Stripe signs whatever it sends, at the time of sending."""
    moment = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@pytest.fixture
def default_plan(db: None):
    """Called Free. Tests that commit empty the tables, and with them what migrations have made."""
    Plan.objects.default().delete()
    return factories.PlanFactory(name="Free", is_default=True)


@pytest.fixture
def deliver(live_server):
    """`deliver(event)`: POST an event to the product over HTTP; the status of its answer."""

    def post(event, **how) -> int:
        body = json.dumps(event)
        headers = {"Stripe-Signature": signature(body, **how), "Content-Type": "application/json"}
        return requests.post(
            f"{live_server.url}/api/v1/stripe/events/", body, headers=headers, timeout=30
        ).status_code

    return post
