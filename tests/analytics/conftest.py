import pytest

from analytics.queries import live


@pytest.fixture
def silent_redis(settings):
    """An address where nobody listens."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    live.client.cache_clear()
    yield
    live.client.cache_clear()
