"""The three people of every test: an owner, a teammate who may only look, and a stranger from elsewhere."""

import hypothesis
import pytest

from accounts.permissions import Role
from analytics.queries import quota
from tests import factories

# A shared machine may be slow; that is no fault of what is tested.
hypothesis.settings.register_profile(
    "shared", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared")


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
def _queries_are_waited_for(settings) -> None:
    """On a busy machine as well; a test that is about waiting says how long."""
    settings.QUERY_WAIT_SECONDS = 60.0
    settings.PAGE_WAIT_SECONDS = 60.0


@pytest.fixture(autouse=True)
def _quotas_are_asked_afresh() -> None:
    quota.forget()


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
