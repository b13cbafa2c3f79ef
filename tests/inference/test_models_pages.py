"""The page of models, with aliases and own keys: three people, and what each form does."""

from typing import Any

import pytest

from accounts.models import AuditEntry
from inference.models import Alias, AliasTarget, Credential, Job
from inference.templatetags.models import prices
from tests import factories
from tests.counted import queries_of

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/models/"
KEY = "sk-live-0123456789abcdef"


@pytest.fixture
def admin(client, owner, llm):
    client.force_login(owner)
    return client


def test_who_may_only_look_sees_models_and_aliases_and_no_keys(client, organization, teammate, llm) -> None:
    factories.LanguageModelFactory(model="gpt-x")
    factories.AliasFactory(organization=organization, name="fast")
    factories.CredentialFactory(organization=organization, name="Secret budget")
    client.force_login(teammate)

    text = client.get(PAGE).content.decode()

    assert all(part in text for part in ("openai/gpt-x", "3.00 USD · 0.30 USD · 15.00 USD", "fast"))
    assert "Secret budget" not in text
    assert "New alias" not in text


def test_a_stranger_finds_nothing(client, organization, stranger) -> None:
    client.force_login(stranger)

    assert client.get(PAGE).status_code == 404


def test_a_key_is_added_and_its_text_is_in_no_page(admin, organization) -> None:
    given = {"name": "Ours", "provider": "openai", "key": KEY, "base_url": "", "is_default": "on"}

    answer = admin.post(f"{PAGE}keys/new/", given, follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    text = answer.content.decode()
    assert "…cdef" in text
    assert KEY not in text
    assert Credential.objects.get().is_default


def test_what_is_wrong_with_a_key_stands_at_its_field(admin) -> None:
    given = {"name": "Ours", "provider": "openai", "key": KEY, "base_url": "https://10.0.0.1/v1"}

    answer = admin.post(f"{PAGE}keys/new/", given)

    assert answer.status_code == 422
    assert "base_url" in answer.context["form"].errors
    assert KEY not in answer.content.decode()


def test_a_key_is_tested_by_a_job_which_is_shown(admin, organization) -> None:
    key: Any = factories.CredentialFactory(organization=organization)

    answer = admin.post(f"{PAGE}keys/{key.pk}/test/", {"model": "m"})

    job = Job.objects.get()
    assert answer.url == f"/o/acme/jobs/{job.pk}/"
    assert job.credential == key


def test_a_key_is_made_the_default_replaced_and_revoked(admin, organization) -> None:
    key: Any = factories.CredentialFactory(organization=organization, name="Ours")

    admin.post(f"{PAGE}keys/{key.pk}/default/")
    admin.post(f"{PAGE}keys/{key.pk}/replace/", {"key": KEY})
    key.refresh_from_db()
    assert (key.is_default, key.hint) == (True, "…cdef")
    answer = admin.post(f"{PAGE}keys/{key.pk}/revoke/", follow=True)

    assert "The key Ours is revoked." in answer.content.decode()
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert AuditEntry.objects.filter(action__startswith="provider_key.").count() == 3


def test_an_alias_is_made_and_edited(admin, organization) -> None:
    key: Any = factories.CredentialFactory(organization=organization)
    given = {"name": "fast", "model_0": "openai/gpt-x", "key_0": str(key.pk), "model_1": "anthropic/claude-x"}

    assert admin.post(f"{PAGE}aliases/new/", given).url == PAGE

    made = Alias.objects.get()
    found = list(AliasTarget.objects.filter(alias=made).values_list("provider", "model", "credential"))
    assert found == [("openai", "gpt-x", key.pk), ("anthropic", "claude-x", None)]
    assert 'value="openai/gpt-x"' in admin.get(f"{PAGE}aliases/fast/").content.decode()
    admin.post(f"{PAGE}aliases/fast/", {"model_0": "anthropic/claude-y"})
    assert list(AliasTarget.objects.values_list("model", flat=True)) == ["claude-y"]
    admin.post(f"{PAGE}aliases/fast/delete/")
    assert Alias.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "fast", "model_0": "gpt-x"}, "model_0"),
        ({"name": "a b", "model_0": "openai/gpt-x"}, "name"),
        ({"name": "fast", "model_0": ""}, "model_0"),
    ],
)
def test_what_is_wrong_with_an_alias_stands_at_its_field(admin, given, field) -> None:
    answer = admin.post(f"{PAGE}aliases/new/", given)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_the_page_costs_the_same_with_one_row_and_with_ten(admin, organization) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            key: Any = factories.CredentialFactory(organization=organization)
            factories.AliasFactory(organization=organization, targets=[("openai", "x", key)])
            factories.LanguageModelFactory()

    fill(1)
    few = queries_of(lambda: admin.get(PAGE))
    fill(9)

    assert len(admin.get(PAGE).context["aliases"]) == 10
    assert queries_of(lambda: admin.get(PAGE)) == few


def test_staff_name_models_for_everybody(client, db) -> None:
    client.force_login(factories.UserFactory.create(is_staff=True, is_superuser=True))
    given = {
        "name": "fast", "targets-TOTAL_FORMS": 1, "targets-INITIAL_FORMS": 0,
        "targets-0-position": 0, "targets-0-provider": "openai", "targets-0-model": "gpt-x",
    }  # fmt: skip

    client.post("/admin/inference/alias/add/", given)

    made: Any = Alias.objects.get()
    entry: Any = AuditEntry.objects.get()
    assert made.organization is None
    assert (entry.action, entry.after["targets"]) == ("model_alias.created", ["openai gpt-x"])


def test_a_price_is_shown_exactly() -> None:
    model = factories.LanguageModelFactory.build(
        input_price=125_000, cached_price=12_500, output_price=1_234_000_000
    )

    assert prices(model) == "0.125 USD · 0.0125 USD · 1,234.00 USD"
