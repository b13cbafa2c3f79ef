"""Rows that are written and read past Django: they hold what objects say, and are what Django reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from inference import rows
from inference.choices import ProviderName, Task
from inference.models import Job
from tests import factories

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 29, 12, 0, 0, 123_456, tzinfo=UTC)
TEXT = "Ünï'\"\\\n\t%s %(x)s $1 {} 日本 \u2028 🜁"


def drawn(**values: Any) -> Job:
    organization: Any = factories.OrganizationFactory.create()
    given = {"organization": organization, "task": Task.GENERATE, "provider": ProviderName.OPENAI, "model": "m"}
    return Job(**{**given, "input": {"prompt": TEXT}, **values})


def values_of(job: Job) -> dict[str, Any]:
    return {field.attname: getattr(job, field.attname) for field in Job._meta.concrete_fields}


def test_what_is_inserted_is_what_the_object_says() -> None:
    job = drawn(
        metadata={TEXT: [1, 2.5, None, True, {"a": TEXT}]},
        asked_model=TEXT,
        deadline_seconds=7,
        created_at=MOMENT,
        run_after=MOMENT + timedelta(days=1),
        currency="EUR",
        cache_key="",
        redactions=TEXT,
    )

    rows.insert([job])

    assert values_of(Job.objects.get()) == values_of(job)


def test_a_default_of_the_database_is_written_too() -> None:
    rows.insert([drawn(), drawn()])

    assert {(job.currency, job.cache_key, str(job.metadata)) for job in Job.objects.all()} == {("", "", "{}")}


def test_none_of_nothing() -> None:
    rows.insert([])

    assert not Job.objects.exists()


def test_all_or_none_are_inserted() -> None:
    one = drawn()

    with pytest.raises(IntegrityError):
        rows.insert([one, drawn(pk=one.pk)])


def test_what_a_statement_returns_is_what_django_reads() -> None:
    job = drawn(metadata={"a": [TEXT]}, result={"labels": [TEXT]}, first_token_at=MOMENT)
    job.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM inference_job")
        (found,) = rows.loaded(Job, cursor)

    assert values_of(found) == values_of(Job.objects.get())
    assert found.metadata == {"a": [TEXT]}
    assert not found._state.adding
