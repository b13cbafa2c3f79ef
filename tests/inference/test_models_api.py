"""Models, aliases and own keys over HTTP: what is there, who may change it, and that no key comes out again."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.permissions import Scope
from inference.models import Alias, Call, Credential, Job, LanguageModel
from tests import factories
from tests.counted import queries_of

pytestmark = pytest.mark.django_db
BASE = "/api/v1/inference"
KEY = "sk-live-0123456789abcdef"
TARGETS = [{"provider": "openai", "model": "gpt-x"}, {"provider": "anthropic", "model": "claude-x"}]


@pytest.fixture
def ask(client, organization, llm):
    """Sends with a key of these scopes; status and body."""

    def send(method: str, path: str, body: Any = None, *, scope: Scope = Scope.MANAGE) -> tuple[int, Any]:
        text = f"pls_{scope}"
        if not organization.secret_keys.filter(name=text).exists():
            factories.SecretKeyFactory(organization=organization, name=text, scopes=[scope], text=text)
        headers = {"Authorization": f"Bearer {text}"}
        given = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(f"{BASE}{path}", headers=headers, **given)
        return answer.status_code, answer.json() if answer.content else None

    return send


def test_a_key_is_stored_and_never_comes_out_again(ask, organization) -> None:
    status, made = ask(
        "post", "/credentials/", {"name": "Ours", "provider": "openai", "key": KEY, "is_default": True}
    )

    stored = Credential.objects.get()
    assert (status, made["hint"], made["is_default"]) == (201, "…cdef", True)
    assert KEY not in stored.encrypted_key
    assert stored.organization == organization
    texts = [made, *(ask("get", path)[1] for path in ("/credentials/", f"/credentials/{stored.pk}/", "/models/"))]
    texts += list(AuditEntry.objects.values_list("after", flat=True))
    assert KEY not in str(texts)
    assert "encrypted" not in str(texts)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "two words"),
        ("key", "line\nbreak"),
        ("provider", "builtin"),
        ("base_url", "http://llm.example.com/v1"),
        ("base_url", "https://127.0.0.1/v1"),
        ("base_url", "https://[::ffff:10.0.0.1]/v1"),
        ("base_url", "https://localhost/v1"),
        ("base_url", "https://user@llm.example.com/v1"),
        ("base_url", "https://llm.example.com:port/v1"),
        ("base_url", "file:///etc/passwd"),
        ("name", "Known"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name(ask, organization, field, value) -> None:
    factories.CredentialFactory(organization=organization, name="Known")

    status, answer = ask("post", "/credentials/", {"name": "New", "provider": "openai", "key": KEY, field: value})

    assert status == 400
    assert [item["field"] for item in answer["error"]["fields"]] == [field]
    assert Credential.objects.count() == 1


def test_a_provider_has_one_default(ask, organization) -> None:
    first, second = (factories.CredentialFactory.create(organization=organization) for _ in range(2))
    other: Any = factories.CredentialFactory(is_default=True)

    for key in (first, second):
        assert ask("patch", f"/credentials/{key.pk}/", {"is_default": True})[0] == 200

    assert set(Credential.objects.filter(is_default=True)) == {second, other}


def test_a_key_is_replaced_and_revoked_with_a_note(ask, organization) -> None:
    key: Any = factories.CredentialFactory(organization=organization)
    was = key.encrypted_key

    assert ask("post", f"/credentials/{key.pk}/replace/", {"key": KEY})[1]["hint"] == "…cdef"
    key.refresh_from_db()
    assert key.encrypted_key != was
    assert ask("delete", f"/credentials/{key.pk}/")[0] == 204
    assert ask("delete", f"/credentials/{key.pk}/")[0] == 204
    assert ask("post", f"/credentials/{key.pk}/replace/", {"key": KEY})[0] == 409

    assert ask("get", "/credentials/")[1] == []
    noted = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert noted == ["provider_key.replaced", "provider_key.revoked"]


def test_a_test_is_a_job_with_that_key(ask, organization) -> None:
    key: Any = factories.CredentialFactory(organization=organization)

    status, job = ask("post", f"/credentials/{key.pk}/test/", {"model": "m"})

    made = Job.objects.get()
    assert (status, job["id"], job["model"]) == (202, str(made.pk), "m")
    assert (made.credential, made.deadline_seconds) == (key, 60)


def test_another_organizations_key_is_not_there(ask) -> None:
    theirs: Any = factories.CredentialFactory()

    for method, path in (("get", ""), ("delete", ""), ("post", "replace/"), ("post", "test/")):
        assert ask(method, f"/credentials/{theirs.pk}/{path}", {"key": KEY})[0] == 404
    body = {"name": "fast", "targets": [{**TARGETS[0], "credential": theirs.pk}]}
    status, answer = ask("post", "/aliases/", body)
    assert (status, answer["error"]["fields"][0]["field"]) == (400, "targets.0.credential")
    assert Alias.objects.count() == 0


def test_an_alias_is_made_changed_and_deleted(ask, organization) -> None:
    factories.InstallationAliasFactory(name="theirs", targets=[("openai", "x")])
    status, made = ask("post", "/aliases/", {"name": "fast", "targets": TARGETS})
    assert (status, made["own"]) == (201, True)
    assert made["targets"] == [{**target, "credential": None} for target in TARGETS]

    changed = ask("put", "/aliases/fast/", {"targets": TARGETS[1:]})[1]
    assert [one["model"] for one in changed["targets"]] == ["claude-x"]
    assert [one["name"] for one in ask("get", "/aliases/", scope=Scope.INFERENCE)[1]] == ["fast", "theirs"]
    assert ask("put", "/aliases/theirs/", {"targets": TARGETS})[0] == 404
    assert ask("post", "/aliases/", {"name": "fast", "targets": TARGETS})[0] == 400
    assert ask("delete", "/aliases/fast/")[0] == 204

    noted = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert noted == ["model_alias.created", "model_alias.changed", "model_alias.deleted"]


@pytest.mark.parametrize("targets", [[], TARGETS * 6, [{"provider": "nobody", "model": "x"}], [{"model": "x"}]])
def test_targets_that_are_none_are_refused(ask, targets) -> None:
    status, answer = ask("post", "/aliases/", {"name": "fast", "targets": targets})

    assert status == 400
    assert answer["error"]["fields"][0]["field"].startswith("targets")


def called(organization, seconds: float, *, ago: timedelta = timedelta(0), error: str = "") -> None:
    end = timezone.now() - ago
    job: Any = factories.JobFactory(organization=organization, created_at=end)
    Call.objects.create(
        job=job, fence=1, number=1, provider="openai", model="gpt-x", started_at=end - timedelta(seconds=seconds),
        first_token_at=end - timedelta(seconds=seconds / 2), finished_at=end, error_code=error,
    )  # fmt: skip


def test_models_are_shown_with_how_ones_own_calls_of_them_fared(ask, organization) -> None:
    factories.LanguageModelFactory(model="gpt-x", abilities=["tools"], context_tokens=9_000)
    for seconds in (1, 2, 3):
        called(organization, seconds)
    called(organization, 100, error="overloaded")
    called(organization, 5, ago=timedelta(hours=2))
    called(organization, 5, ago=timedelta(hours=25))
    called(factories.OrganizationFactory(), 50)

    found = {one["name"]: one for one in ask("get", "/models/", scope=Scope.INFERENCE)[1]}

    assert set(found) == {"openai/gpt-x", "openai/gpt-test", "anthropic/claude-test"}
    one = found["openai/gpt-x"]
    assert (one["context_tokens"], one["abilities"], one["available"]) == (9_000, ["tools"], True)
    assert one["prices"]["input"] == 3_000_000
    assert one["resting_until"] is None
    lately, today = one["last_15_minutes"], one["last_24_hours"]
    assert (lately["calls"], lately["failures"], today["calls"]) == (4, 1, 5)
    assert lately["took_p50"] == pytest.approx(2)
    assert found["openai/gpt-test"]["last_24_hours"]["calls"] == 0
    assert found["openai/gpt-test"]["prices"] is None


@pytest.mark.parametrize("path", ["/models/", "/aliases/", "/credentials/"])
def test_a_list_costs_the_same_with_one_row_and_with_ten(ask, organization, path) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            key: Any = factories.CredentialFactory(organization=organization)
            factories.AliasFactory(organization=organization, targets=[("openai", "x", key), ("openai", "y")])
            factories.LanguageModelFactory()

    scope = Scope.MANAGE if path == "/credentials/" else Scope.INFERENCE
    fill(1)
    first = ask("get", path, scope=scope)[1]
    few = queries_of(lambda: ask("get", path, scope=scope))
    fill(9)

    assert len(ask("get", path, scope=scope)[1]) == len(first) + 9
    assert queries_of(lambda: ask("get", path, scope=scope)) == few


def test_models_are_taken_in_from_a_table(db, tmp_path) -> None:
    table = tmp_path / "models.csv"
    table.write_text(
        "provider,model,input_price,context_tokens,abilities\n"
        "openai,one,1000000,9000,tools json_schema\nanthropic,two,2000000,,\n"
    )

    call_command("language_models", table)
    call_command("language_models", table)

    one: Any = LanguageModel.objects.get(model="one")
    assert (one.input_price, one.context_tokens, one.abilities) == (1_000_000, 9_000, ["tools", "json_schema"])
    assert LanguageModel.objects.get(model="two").context_tokens == 128_000
    assert AuditEntry.objects.filter(action="model_price.created").count() == 2


def test_a_table_with_a_fault_changes_nothing(db, tmp_path) -> None:
    table = tmp_path / "models.csv"
    table.write_text("provider,model,input_price\nopenai,one,1\nnobody,two,much\n")

    with pytest.raises(CommandError, match="line 3, input_price"):
        call_command("language_models", table)

    assert LanguageModel.objects.count() == 0
