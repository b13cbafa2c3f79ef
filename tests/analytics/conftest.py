import pytest

from analytics.queries import leases
from analytics.services import courtesy, visitors
from tests.analytics import engines
from tests.analytics.engines import ENGINES


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests():
    visitors.forget_salts()
    courtesy.REST.end()
    leases.REST.end()


@pytest.fixture
def silent_redis(settings):
    """An address where nobody listens."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    courtesy.REST.end()
    leases.REST.end()


@pytest.fixture(scope="session")
def clickhouse_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture(params=ENGINES)
def engine(request, settings, clickhouse_folder):
    """The test runs on each engine."""
    with ENGINES[request.param](settings, clickhouse_folder) as made:
        yield made


@pytest.fixture
def clickhouse(settings, clickhouse_folder):
    """The test is of ClickHouse."""
    with engines.clickhouse(settings, clickhouse_folder) as made:
        yield made
