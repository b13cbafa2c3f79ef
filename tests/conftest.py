"""The three people of every test: an owner, a teammate who may only look, and a stranger from elsewhere."""

import math
import os
from collections.abc import Iterator

import hypothesis
import pytest
from django.db import connection

from accounts import middleware
from accounts.billing.queries import notable
from accounts.permissions import Role
from analytics.queries import quota
from analytics.services import run_watch
from inference.queries import sizes
from tests import emptying, factories

# A shared machine may be slow; that is no fault of what is tested.
hypothesis.settings.register_profile(
    "shared", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared")


def pytest_xdist_auto_num_workers() -> int:
    """One more for each two cores: a third of the time a process waits, for PostgreSQL, a browser or a child."""
    cores = os.cpu_count() or 1
    return cores + cores // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start the product come first: each takes a minute, and at the end others would wait for it."""
    items.sort(key=lambda item: not _is_apart(item))


def _is_apart(item: pytest.Item) -> bool:
    """Whether it has nothing to do with the database of the suite, where what empties it has to come last."""
    needed = {"db", "transactional_db", "live_server"}.intersection(getattr(item, "fixturenames", ()))
    markers = [item.get_closest_marker(name) for name in ("stack", "django_db")]
    return markers[0] is not None and markers[1] is None and not needed


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Tests that commit are cleaned up after, with TRUNCATE at worst, which the tables that only grow refuse."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in (
            "accounts_auditentry",
            "accounts_usageentry",
            "accounts_invoice",
            "accounts_invoiceline",
            "accounts_creditnote",
        ):
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
        emptying.install()


@pytest.fixture(autouse=True)
def _data_folder(settings, tmp_path) -> None:
    settings.DATA_FOLDER = tmp_path / "data"


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings) -> None:
    """Tests collect no static files, so there is no manifest of hashed names."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def _passwords_are_hashed_fast(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _sessions_are_not_noted(monkeypatch) -> None:
    """When one was last seen costs queries once in five minutes, which are in no page's budget."""
    monkeypatch.setattr(middleware, "SEEN_RESOLUTION", math.inf)


@pytest.fixture(autouse=True)
def _queries_are_waited_for(settings) -> None:
    """On a busy machine as well; a test that is about waiting says how long."""
    settings.QUERY_WAIT_SECONDS = 60.0
    settings.PAGE_WAIT_SECONDS = 60.0


@pytest.fixture(autouse=True)
def _quotas_are_asked_afresh() -> None:
    quota.forget()
    notable.forget()


@pytest.fixture
def organization(db: None):
    return factories.OrganizationFactory(name="Acme", slug="acme")


@pytest.fixture
def owner(organization):
    return factories.MembershipFactory(
        organization=organization, role=Role.OWNER, user__email="owner@acme.test"
    ).user


@pytest.fixture
def teammate(organization):
    """Sees the organization's data and changes nothing."""
    return factories.MembershipFactory(
        organization=organization, role=Role.VIEWER, user__email="viewer@acme.test"
    ).user


@pytest.fixture
def stranger(db: None):
    """Owns another organization."""
    return factories.MembershipFactory(role=Role.OWNER, user__email="stranger@elsewhere.test").user


@pytest.fixture
def project(organization):
    return factories.ProjectFactory(organization=organization, name="Shop", slug="shop")


@pytest.fixture(autouse=True)
def _models_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests enter of models holds at once, as it does for the product a second later."""
    monkeypatch.setattr(sizes._MODELS, "fresh", 0.0)


@pytest.fixture(autouse=True)
def _queries_are_not_watched_any_more() -> Iterator[None]:
    """A thread that renews leases would look at the database between two tests, when nobody may."""
    yield
    run_watch.WATCH.begin_anew()
