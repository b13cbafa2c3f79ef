"""What `manage.py store check` and `store rebuild` say."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from analytics.services.store_check import Looked, Problem
from analytics.services.store_rebuild import Rebuilt

EVERY_SECONDS = 2.0
UNKNOWN = (
    "Not in any file, and so not made again: usage, drops, definitions, traits, links between ids that came "
    "after a file was written, and erasures under way."
)


class Output(Protocol):
    def write(self, msg: str, /) -> object: ...


@dataclass(slots=True)
class Report:
    """All that was looked at; `left` counts the problems that stay."""

    segments: int = 0
    rows: int = 0
    bytes: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def left(self) -> int:
        return sum(not problem.repaired for problem in self.problems)


def add_check_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--project", type=int, default=None, metavar="ID", help="this project only")
    parser.add_argument("--quick", action="store_true", help="read neither checksums nor summaries")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="write summaries again, take facts from whole files, delete files of no segment",
    )
    parser.add_argument(
        "--give-up",
        action="store_true",
        help="take segments whose file is missing out of the manifest: their events are lost",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def report(looked: Iterable[Looked], progress: Output | None) -> Report:
    """Add it up; now and then a line on the way."""
    found, said_at = Report(), time.monotonic()
    for piece in looked:
        found.segments += piece.segments
        found.rows += piece.rows
        found.bytes += piece.bytes
        found.problems += piece.problems
        if progress is not None and time.monotonic() - said_at > EVERY_SECONDS:
            said_at = time.monotonic()
            progress.write(f"{found.segments:,} segments, {found.rows:,} events, {len(found.problems)} problems …")
    return found


def as_text(found: Report) -> Iterator[str]:
    for problem in found.problems:
        end = f" — {problem.repaired}" if problem.repaired else ""
        what = f"{problem.finding.fault}: {problem.finding.detail}"
        yield f"project {problem.project_id}, {problem.subject}: {what}{end}"
    repaired = len(found.problems) - found.left
    yield (
        f"{found.segments:,} segments with {found.rows:,} events in {found.bytes:,} bytes; "
        f"{len(found.problems)} problems, {repaired} repaired."
    )


def as_json(found: Report) -> Iterator[str]:
    problems = [
        {
            "project": problem.project_id,
            "subject": problem.subject,
            "fault": problem.finding.fault.value,
            "detail": problem.finding.detail,
            "repaired": problem.repaired or None,
        }
        for problem in found.problems
    ]
    counts = {"segments": found.segments, "events": found.rows, "bytes": found.bytes, "left": found.left}
    yield json.dumps(counts | {"problems": problems})


def of_rebuilt(found: Rebuilt) -> Iterator[str]:
    for item in found.left_out:
        yield f"left out: {item.path}, {item.rows:,} events, of which {item.alone:,} are nowhere else"
    for path in found.unreadable:
        yield f"unreadable: {path}"
    yield f"{len(found.taken)} files with {found.rows:,} events are in the manifest again."
    yield UNKNOWN
