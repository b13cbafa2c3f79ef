"""The official SDK, imported where a key is set (it costs half a second and 35 MB), and its faults as ours."""

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.errors import Invalid, PaymentRefused, Unavailable

if TYPE_CHECKING:
    import stripe

# Of one request: to connect, and between two bytes.
TIMEOUT_SECONDS = (3.0, 15.0)
RETRIES = 2
# How old a signed event may be: Stripe signs anew whenever it sends again.
TOLERANCE_SECONDS = 300


class MissingThere(Unavailable):
    """Stripe has nothing of this id, or has deleted it."""


def is_configured() -> bool:
    return bool(settings.STRIPE_SECRET_KEY)


def api() -> "stripe.StripeClient":
    """Raises Unavailable where no key is set."""
    if not is_configured():
        raise Unavailable("Payments by Stripe are not set up here.")
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """Around what asks Stripe. Raises PaymentRefused for a card that is, Unavailable for every other fault;
    of these, MissingThere where an id that was asked for is not known there.
    """
    import stripe  # noqa: PLC0415 (see above)

    try:
        yield
    except stripe.CardError as error:
        raise PaymentRefused(error.user_message or "The card was refused.") from error
    except stripe.StripeError as error:
        if error.code == "resource_missing":
            raise MissingThere(f"Stripe does not have this: {error.user_message or error}") from error
        raise Unavailable(
            "Stripe does not do this at the moment, and nothing was changed. Try again.", retry_after=30
        ) from error


def verified(payload: bytes, signature: str) -> str:
    """The text of an event that Stripe signed; raises Invalid for any other."""
    import stripe  # noqa: PLC0415 (see above)

    try:
        text = payload.decode()
        stripe.WebhookSignature.verify_header(
            text, signature, settings.STRIPE_WEBHOOK_SECRET, tolerance=TOLERANCE_SECONDS
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise Invalid("This was not signed by Stripe, or too long ago.") from error
    return text


@lru_cache(maxsize=1)
def _client(key: str, base: str) -> "stripe.StripeClient":
    import stripe  # noqa: PLC0415 (see above)

    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=RETRIES,
    )
