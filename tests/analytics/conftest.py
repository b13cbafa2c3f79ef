import pytest

from analytics.queries import live
from analytics.services import courtesy, visitors


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    visitors.forget_salts()
    live.client.cache_clear()
    courtesy.REST.end()


@pytest.fixture
def silent_redis(settings):
    """An address where nobody listens."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    live.client.cache_clear()
    yield
    live.client.cache_clear()
    courtesy.REST.end()
