"""Take a file in to be imported, decide on it, and put it away again."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from pydantic import ValidationError

from accounts.access import SYSTEM, Actor
from accounts.audited import Action, Target
from accounts.billing.features import Feature
from accounts.billing.limits import require_feature
from accounts.errors import Conflict, FieldError, Invalid, TooLarge
from accounts.queries.plans import limits_of
from analytics.ingestion.files import readers
from analytics.ingestion.files.formats import Format
from analytics.ingestion.files.source import FileProblem
from analytics.models import Import, Project
from analytics.models.imports import OPEN_STATES, State
from analytics.queries import imports
from analytics.services import trail

WORK = "analytics.tasks.work_on_import"
MOST_OPEN = 20
# How long an upload waits for its choices, and a failed one's file for another attempt.
UPLOADED_KEPT = timedelta(days=1)
FAILED_KEPT = timedelta(days=7)
_log = structlog.get_logger(__name__)


def create(
    *,
    project: Project,
    kind: Format,
    name: str,
    content: Iterable[bytes],
    actor: Actor,
    options: Mapping[str, Any] | None = None,
) -> Import:
    """Store a file. With options it is queued at once, else it waits for `start`.

    Raises Invalid, naming the field, for a file that is not of this format or options that do not fit it, TooLarge
    over the limit of uploads, Conflict where too many are open, and PlanLimit where the plan is without imports.
    """
    require_feature(limits_of(project.organization_id), Feature.IMPORTS)
    if project.imports.filter(state__in=OPEN_STATES).count() >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} imports are open; wait for one, or cancel it.")
    item = Import(project=project, format=kind, file_name=name[:255], options={})
    item.created_by, item.created_with = actor.user, actor.secret_key
    try:
        item.file_bytes = _write(item, content)
        _choose(item, options)
        with transaction.atomic():
            item.save()
            _note(item, Action.IMPORT_CREATED, actor, options=item.options)
            if item.state == State.QUEUED:
                transaction.on_commit(partial(_send, item))
    except BaseException:
        imports.path_of(item).unlink(missing_ok=True)
        raise
    return item


@transaction.atomic
def start(*, item: Import, options: Mapping[str, Any], actor: Actor) -> None:
    """Queue an upload with these options. Raises Invalid, and Conflict where it waits for none."""
    if item.state != State.UPLOADED:
        raise Conflict("This import has been started already.")
    _choose(item, options)
    changed = Import.objects.filter(pk=item.pk, state=State.UPLOADED)
    if not changed.update(state=State.QUEUED, options=item.options):
        raise Conflict("This import has been started already.")
    _note(item, Action.IMPORT_STARTED, actor, options=item.options)
    transaction.on_commit(partial(_send, item))


@transaction.atomic
def cancel(*, item: Import, actor: Actor) -> None:
    """End an import; what it brought so far stays. Raises Conflict where it is over."""
    found = Import.objects.select_for_update().get(pk=item.pk)
    if not found.is_open:
        raise Conflict(f"This import is {found.get_state_display().lower()}.")
    _note(found, Action.IMPORT_CANCELLED, actor, rows=found.rows)
    _end(found, State.CANCELLED)
    transaction.on_commit(partial(_remove, found))


@transaction.atomic
def retry(*, item: Import, actor: Actor) -> None:
    """Go on with a failed import from where it stopped. Raises Conflict where that cannot be."""
    found = Import.objects.select_for_update().get(pk=item.pk)
    if found.state != State.FAILED or not imports.path_of(found).exists():
        raise Conflict("Only an import that failed in the last days can be tried again.")
    found.state, found.problem, found.attempts, found.finished_at = State.QUEUED, "", 0, None
    found.save(update_fields=["state", "problem", "attempts", "finished_at"])
    _note(found, Action.IMPORT_RETRIED, actor, rows=found.rows)
    transaction.on_commit(partial(_send, found))


def sweep(*, now: datetime | None = None) -> int:
    """Cancel uploads that nobody decided on, and delete files that nobody will read; their number."""
    moment = now or timezone.now()
    for forgotten in Import.objects.filter(state=State.UPLOADED, created_at__lt=moment - UPLOADED_KEPT):
        cancel(item=forgotten, actor=SYSTEM)
    if not imports.folder().is_dir():
        return 0
    kept = Import.objects.filter(state__in=OPEN_STATES) | Import.objects.filter(
        state=State.FAILED, finished_at__gte=moment - FAILED_KEPT
    )
    names = {str(pk) for pk in kept.values_list("pk", flat=True)}
    # A file that is being written has no row yet.
    before = (moment - UPLOADED_KEPT).timestamp()
    removed = 0
    for path in imports.folder().iterdir():
        if path.name not in names and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def finish(item: Import, state: State, problem: str = "") -> None:
    """Note the end of an import that the caller holds; its file goes with the transaction, unless it failed."""
    _end(item, state, problem)
    counts = {name: getattr(item, name) for name in ("rows", "accepted", "dropped", "unreadable")}
    _note(item, Action.IMPORT_FINISHED, SYSTEM, state=str(state), **counts)
    if state is not State.FAILED:
        transaction.on_commit(partial(_remove, item))


def _end(item: Import, state: State, problem: str = "") -> None:
    item.state, item.problem, item.finished_at, item.lease_until = state, problem, timezone.now(), None
    item.save(update_fields=["state", "problem", "finished_at", "lease_until"])


def _note(item: Import, action: Action, actor: Actor, **after: Any) -> None:
    trail.note(
        action=action,
        actor=actor,
        project=item.project,
        target=Target(str(item.pk), item.file_name),
        after={"format": item.format, **after},
    )


def _remove(item: Import) -> None:
    imports.path_of(item).unlink(missing_ok=True)


def _send(item: Import) -> None:
    """Tell a worker; a lost message costs the seconds until beat looks."""
    try:
        current_app.send_task(WORK, args=[str(item.pk)], queue="default", retry=False)
    except OperationalError as error:
        _log.warning("import_wake_not_sent", error=str(error))


def _write(item: Import, content: Iterable[bytes]) -> int:
    limit = settings.IMPORT_BYTES
    imports.folder().mkdir(parents=True, exist_ok=True)
    size = 0
    with imports.path_of(item).open("wb") as file:
        for piece in content:
            size += len(piece)
            if size > limit:
                message = f"The file is larger than {limit // 2**20:,} MB; split it, or pack it with gzip."
                raise TooLarge(message, fields=[FieldError("file", message)])
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return size


def _choose(item: Import, given: Mapping[str, Any] | None) -> None:
    """Set the options, checked against the beginning of the file; without any, what can be guessed."""
    kind = Format(item.format)
    try:
        if given is None and kind is Format.CSV:
            item.options = {"columns": imports.guessed(item)}
            return
        options = readers.options_of(kind, given or {})
    except FileProblem as problem:
        raise _not_readable(str(problem)) from problem
    except ValidationError as error:
        raise Invalid("The options are not valid.", fields=_fields(error)) from error
    if problem_found := imports.preview(item, options).problem:
        raise _not_readable(problem_found)
    item.options = options.model_dump(mode="json", exclude_defaults=True)
    if given is not None:
        item.state = State.QUEUED


def _not_readable(problem: str) -> Invalid:
    return Invalid(problem, fields=[FieldError("file", problem)])


def _fields(error: ValidationError) -> list[FieldError]:
    return [
        FieldError(
            ".".join(["options", *(str(part) for part in item["loc"])]), item["msg"].removeprefix("Value error, ")
        )
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
