"""A web process, a worker and a provider, and OpenAI's own SDK to talk to them."""

from collections.abc import Iterator

import openai
import pytest

from accounts.permissions import Scope
from tests.factories import SecretKeyFactory
from tests.inference.processes import Web, worker

KEY = "pls_openai"


@pytest.fixture(scope="package")
def web(django_db_setup, simulator) -> Iterator[Web]:
    environ = {
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": simulator.openai_url,
        "OPENAI_MODEL": "sim",
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "ANTHROPIC_BASE_URL": simulator.anthropic_url,
        "ANTHROPIC_MODEL": "claude-sim",
    }
    with Web(**environ) as process, worker(**environ):
        yield process


@pytest.fixture
def key(transactional_db):
    return SecretKeyFactory(text=KEY, scopes=[Scope.INFERENCE])


@pytest.fixture
def base_url(web: Web) -> str:
    return f"http://127.0.0.1:{web.port}/v1"


@pytest.fixture
def client(base_url, key) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base_url, api_key=KEY, timeout=30) as client:
        yield client
