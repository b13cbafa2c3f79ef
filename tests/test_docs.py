"""The docs say what the code does: a setting, capability, route or code without its line fails."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator

from accounts import keys
from accounts.api.errors import CODES
from accounts.audited import Action
from accounts.errors import PlumblineError
from accounts.models import Plan
from accounts.permissions import ROLE_CAPABILITIES, SCOPE_CAPABILITIES, Capability, Role, Scope
from accounts.services.secret_keys import LONGEST_OVERLAP
from analytics.cohorts.definition import EXAMPLE, parse
from analytics.ingestion import cleaning, clock, normalize, page, surroundings
from analytics.ingestion.enrichment import addresses, user_agents
from analytics.ingestion.files import source
from analytics.ingestion.protocols import BY_PATH, native, plausible, posthog, segment, umami, wire
from analytics.kinds import KINDS, parse_spec
from analytics.kinds.filters import Operator
from analytics.models import Project
from analytics.models.projects import MOST_WINDOW_DAYS
from analytics.periods import Last
from analytics.queries.quota import State
from analytics.services import definitions, quota
from config.environment import REQUIRED, VARIABLES
from inference import batching
from inference.batching import parse_batch
from inference.choices import Task
from inference.inputs import parse_request, parse_task
from inference.kinds import base, classify, extract, schemas, summarize, together
from inference.services import jobs
from tests.test_access_matrix import routes

DOCS = Path(settings.ROOT) / "docs"


def text_of(name: str) -> str:
    return (DOCS / name).read_text()


def table_rows(text: str) -> list[tuple[str, ...]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def shown_default(default: Any) -> str:
    return {"required": "set it; `make run` does", "": "empty", "[]": "empty"}.get(
        repr(default) if default is REQUIRED or default == [] else str(default), f"`{default}`"
    )


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_every_setting_stands_in_the_docs_with_default_and_meaning(variable) -> None:
    row = (f"`{variable.name}`", shown_default(variable.default), variable.meaning)

    assert row in table_rows(text_of("configuration.md"))


def test_no_setting_stands_in_the_docs_that_is_none() -> None:
    named = {row[0] for row in table_rows(text_of("configuration.md"))} - {"variable", "---"}

    assert named == {f"`{variable.name}`" for variable in VARIABLES}


@pytest.mark.parametrize(
    ("columns", "granted", "heading"),
    [(Role, ROLE_CAPABILITIES, "## Roles"), (Scope, SCOPE_CAPABILITIES, "## Scopes")],
)
def test_the_docs_have_the_table_of_permissions(columns, granted, heading) -> None:
    section = text_of("permissions.md").split(heading)[1].split("\n## ")[0]
    expected = {
        f"{capability.label} (`{capability.value}`)": tuple(
            {True: "yes", False: "no"}[capability in granted[column]] for column in columns
        )
        for capability in Capability
    }

    found = {row[0]: row[1:] for row in table_rows(section)}

    assert {name: found.get(name) for name in expected} == expected
    assert len(found) == len(expected) + 2


def plain(path: str) -> str:
    """A route or its mention, whatever its placeholders are called."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path).strip("^?$")


def test_every_operation_of_the_api_stands_in_the_docs(db: None) -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = {
        f"{method.upper()} {plain(path)}"
        for path, methods in schema["paths"].items()
        for method in methods
        if path != "/api/schema/"
    }

    mentioned = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`\s]*)`", plain(text_of("api.md"))))

    assert operations <= mentioned
    assert mentioned - operations == {"POST /v1/{}"}


def test_every_route_of_the_api_stands_in_the_docs() -> None:
    known = [route for route in routes(get_resolver().url_patterns) if route.startswith("api/")]
    text = plain(text_of("api.md"))

    missing = [route for route in known if plain(route).rstrip("/") not in text]

    assert len(known) > 5
    assert missing == []


def test_every_action_of_the_audit_log_stands_in_the_docs_and_is_noted_somewhere() -> None:
    found = {row[0]: row[1] for row in table_rows(text_of("audit.md")) if "." in row[0]}
    code = "\n".join(
        file.read_text()
        for app in ("accounts", "analytics", "inference", "config")
        for file in (Path(settings.ROOT) / app).rglob("*.py")
    )

    assert found == {f"`{action.value}`": action.label for action in Action}
    assert [action.name for action in Action if f"Action.{action.name}" not in code] == []


def test_what_scanners_look_for_stands_in_the_docs() -> None:
    text = text_of("keys.md")

    assert f"\n{keys.PATTERN}\n" in text
    assert keys.has_checksum(f"pls_{'a' * 32}14Dc23")
    assert f"{LONGEST_OVERLAP.days} days at most" in text


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_address_of_a_wire_protocol_stands_in_the_docs(path) -> None:
    assert f"`{path}`" in text_of("protocols.md")


def kinds_of(error: type[PlumblineError]) -> list[type[PlumblineError]]:
    return [error, *(kind for heir in error.__subclasses__() for kind in kinds_of(heir))]


def test_every_error_code_stands_in_the_docs() -> None:
    found = {row[0].strip("`"): int(row[1]) for row in table_rows(text_of("api.md")) if row[1].isdigit()}
    raised = {error.code: error.status for error in kinds_of(PlumblineError)}

    assert found == {**{code: status for status, code in CODES.items()}, **raised}


# The row of docs/limits.md for each constant of the doors: what, and how much.
LIMITS = {
    "protocols.native.LIMIT": (
        "body of our own door and of Segment's, as sent and as unpacked",
        native.LIMIT,
        "KB",
    ),
    "protocols.segment.LIMIT": (
        "body of our own door and of Segment's, as sent and as unpacked",
        segment.LIMIT,
        "KB",
    ),
    "protocols.wire.MAX_BODY": (
        "body of our own door and of Segment's, as sent and as unpacked",
        wire.MAX_BODY,
        "KB",
    ),
    "protocols.plausible.LIMIT": ("body of Plausible's route, as sent and as unpacked", plausible.LIMIT, "KB"),
    "protocols.umami.LIMIT": ("body of Umami's routes, as sent and as unpacked", umami.LIMIT, "KB"),
    "protocols.posthog.LIMIT": ("body of PostHog's routes, as sent and as unpacked", posthog.LIMIT, "KB"),
    "protocols.wire.MAX_EVENT": ("one event", wire.MAX_EVENT, "KB"),
    "normalize.MAX_NAME": ("name of an event", normalize.MAX_NAME, "characters"),
    "cleaning.MAX_ID": ("user, anonymous, group, previous and message id", cleaning.MAX_ID, "characters"),
    "cleaning.MAX_PROPERTIES": ("properties, traits or context: entries", cleaning.MAX_PROPERTIES, ""),
    "cleaning.MAX_DEPTH": ("properties, traits or context: nesting", cleaning.MAX_DEPTH, "levels"),
    "cleaning.MAX_PROPERTY_NAME": ("name of a property", cleaning.MAX_PROPERTY_NAME, "characters"),
    "cleaning.MAX_TEXT": ("URL, referrer, path", cleaning.MAX_TEXT, "characters"),
    "page.MAX_TITLE": ("title of a page", page.MAX_TITLE, "characters"),
    "page.MAX_TAG": ("each UTM tag", page.MAX_TAG, "characters"),
    "surroundings.MAX_LABEL": (
        "language, library, OS, name and category of a page",
        surroundings.MAX_LABEL,
        "characters",
    ),
    "enrichment.user_agents.MAX_LENGTH": ("user agent", user_agents.MAX_LENGTH, "characters"),
    "enrichment.addresses.MAX_PARAMETERS": ("parameters of a URL's query", addresses.MAX_PARAMETERS, ""),
    "files.source.MAX_LINE": ("line of an imported file", source.MAX_LINE, "KB"),
    "definitions.MOST_EVENTS": ("events with a definition", definitions.MOST_EVENTS, ""),
    "definitions.MOST_PROPERTIES": ("properties with a definition", definitions.MOST_PROPERTIES, ""),
}


@pytest.mark.parametrize(("what", "limit", "unit"), LIMITS.values(), ids=LIMITS)
def test_every_limit_of_ingestion_stands_in_the_docs(what, limit, unit) -> None:
    found = {row[0]: row[1] for row in table_rows(text_of("limits.md"))}

    assert found[what] == f"{limit // {'KB': 1024}.get(unit, 1):,} {unit}".strip()


def test_no_limit_of_ingestion_is_missing_in_the_docs() -> None:
    folder = Path(settings.ROOT) / "analytics" / "ingestion"

    constants = {
        f"{'.'.join(file.relative_to(folder).with_suffix('').parts)}.{name}"
        for file in folder.rglob("*.py")
        for name in re.findall(r"^(MAX_\w+|LIMIT) = ", file.read_text(), re.MULTILINE)
    }

    assert "cleaning.MAX_ID" in constants
    assert constants <= set(LIMITS)


def test_the_limits_of_time_stand_in_the_docs() -> None:
    found = {row[0]: row[1] for row in table_rows(text_of("limits.md"))}
    days = Project().browser_window_days

    assert found["time ahead of now"] == f"{clock.FUTURE_TOLERANCE.total_seconds() / 3600:g} hours"
    assert f"{days} days unless the project says otherwise (1 to {MOST_WINDOW_DAYS})" in found.values()


def test_the_states_of_a_quota_stand_in_the_docs() -> None:
    rows = {row[0]: row[1] for row in table_rows(text_of("limits.md"))}
    plan = Plan()

    assert all(f"`{state}`" in rows for state in State)
    assert f"{plan.warn_from} %" in rows["`warn`"]
    assert f"{plan.refuse_from} %" in rows["`refused`"]
    assert f"{quota.MOST_REMEMBERED:,} message ids" in text_of("limits.md")
    assert quota.LONGEST_WAIT == 3_600


@pytest.mark.parametrize("word", [*Last, *Operator])
def test_the_words_of_a_query_stand_in_the_docs(word) -> None:
    assert f"`{word.value}`" in text_of("api.md")


def bodies(page: str = "api.md") -> list[tuple[str, dict[str, Any]]]:
    """Address and body of every curl example."""
    blocks = re.findall(r"curl (?:\S+ )*?\$BASE(\S*)([^`]*?)-d '(\{.*?\})'", text_of(page), re.DOTALL)
    return [(address, json.loads(body)) for address, _, body in blocks]


def test_the_examples_of_queries_are_valid_and_show_every_kind() -> None:
    examples = [parse_spec(body) for address, body in bodies() if address.endswith("/query/")]

    assert {example.kind for example in examples} == set(KINDS)


def test_the_example_of_a_cohort_is_valid() -> None:
    examples = [body for address, body in bodies() if address.endswith("/cohorts/")]

    assert examples == [EXAMPLE]
    assert len(parse(EXAMPLE["conditions"]).conditions) == 3


def test_the_examples_of_jobs_are_valid() -> None:
    examples = [parse_request(body) for address, body in bodies() if address.endswith("/jobs/")]

    assert len(examples) > 1


def test_the_examples_of_tasks_and_batches_are_valid_and_show_every_task() -> None:
    examples = {address.rstrip("/").rpartition("/")[2]: body for address, body in bodies("inference.md")}
    batch = examples.pop("batches")

    assert len(parse_batch(batch).inputs) == 2
    assert {parse_task(task, body).task for task, body in examples.items()} == set(Task)


INFERENCE_LIMITS = {
    "characters of a text": base.LONGEST_TEXT,
    "summarize: texts of one job": summarize.MOST_TEXTS,
    "summarize: characters of all texts together": base.LONGEST_TEXTS,
    "classify: labels": classify.MOST_LABELS,
    "classify: examples": classify.MOST_EXAMPLES,
    "classify: times that the model is asked": classify.MOST_TRIES,
    "extract: levels of a schema": schemas.DEEPEST_SCHEMA,
    "extract: work of checking an answer, in keywords": schemas.MOST_WORK,
    "extract: repairs": extract.MOST_REPAIRS,
    "batch: inputs": batching.MOST_ITEMS,
    "calls of one job that run at once": together.AT_ONCE,
    "jobs of one organization that wait": jobs.MOST_WAITING,
    "jobs of low priority of one organization that wait, as those of batches": jobs.MOST_WAITING_LOW,
}


@pytest.mark.parametrize(("what", "limit"), INFERENCE_LIMITS.items())
def test_every_limit_of_inference_stands_in_the_docs(what, limit) -> None:
    found = {row[0]: row[1] for row in table_rows(text_of("limits.md"))}

    assert found[what] == f"{limit:,}"
    assert found["extract: size of a schema as JSON"] == f"{schemas.LARGEST_SCHEMA // 1024} KB"
    assert found["batch: inputs as JSON, what they share counted for each"] == f"{batching.MOST_BYTES // 2**20} MB"
    assert found["body of a request"] == f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MB"


def test_the_openapi_document_is_valid_and_without_a_warning(tmp_path) -> None:
    file = tmp_path / "schema.yml"

    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))

    assert file.read_text().startswith("openapi: 3.")


def test_the_pages_of_the_api_keep_to_the_policy(db: None, client) -> None:
    page = client.get("/api/docs/")
    text = page.content.decode()

    assert page.status_code == 200
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert client.get("/api/docs/?script=").headers["Content-Type"].startswith("application/javascript")
