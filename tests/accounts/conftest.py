"""What the tests of accounts share."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches

from tests.simulators.oidc import Provider


@pytest.fixture(autouse=True)
def _limits_begin_afresh() -> None:
    """allauth counts tries in Redis, where the test before may have used them up."""
    cache: Any = caches["default"]
    redis = cache._cache.get_client(write=True)
    if keys := list(redis.scan_iter("*allauth:rl:*")):
        redis.delete(*keys)


@pytest.fixture
def provider(settings, db: None) -> Iterator[Provider]:
    """One that is on this machine, as the installation allows."""
    settings.SSO_PRIVATE = True
    settings.BASE_URL = "http://testserver"
    with Provider() as running:
        yield running
