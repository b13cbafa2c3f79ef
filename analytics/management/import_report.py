"""What a person sees of an import: a bar while it runs, the lines that could not be read, the sum at the end."""

import json
import time
from pathlib import Path
from typing import Self, TextIO

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from analytics.ingestion.files.source import Source
from analytics.services.imports import Report

_PLAIN_SECONDS = 5.0


class Complaints:
    """The lines that could not be read: the first few to show, all of them counted and in the report's file."""

    def __init__(self, shown: int, path: Path | None) -> None:
        self._limit = shown
        self._shown: list[str] = []
        self._count = 0
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("w", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, number: int, reason: str) -> None:
        self._count += 1
        if self._count <= self._limit:
            self._shown.append(f"  line {number:,}: {reason}")
        if self._file is not None:
            self._file.write(json.dumps({"line": number, "reason": reason}) + "\n")

    def show(self, out: OutputWrapper) -> None:
        if not self._count:
            return
        out.write("Not read:")
        for line in self._shown:
            out.write(line)
        if rest := self._count - len(self._shown):
            out.write(f"  and {rest:,} more" + (f", all in {self._path}" if self._path else "; see --report"))


class Display:
    """A bar on a terminal, else a line every few seconds."""

    def __init__(self, out: OutputWrapper, source: Source) -> None:
        self._out = out
        self._source = source
        self._started = self._said = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[count]}"),
            TimeRemainingColumn(),
            console=Console(),
            disable=not out.isatty(),
            transient=True,
        )
        self._task = self._bar.add_task(source.path.name, total=source.size, count="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def advance(self, report: Report) -> None:
        count = f"{report.read:,} lines read, {report.accepted:,} events"
        self._bar.update(self._task, completed=self._source.position, count=count)
        if self._bar.disable and time.monotonic() - self._said >= _PLAIN_SECONDS:
            self._said = time.monotonic()
            self._out.write(f"{self._source.position / max(self._source.size, 1):.0%}: {count}")

    def say(self, text: str) -> None:
        self._bar.update(self._task, description=text, completed=self._source.size)

    def summarize(self, report: Report) -> None:
        seconds = time.monotonic() - self._started
        self._out.write(f"Read {report.read:,} lines in {seconds:.1f} s.")
        self._out.write(f"  stored      {report.stored:>12,}")
        if report.waiting:
            self._out.write(f"  waiting     {report.waiting:>12,}  (accepted; the worker stores them)")
        if report.duplicates:
            self._out.write(f"  duplicate   {report.duplicates:>12,}  (stored before)")
        for reason, events in sorted(report.dropped.items()):
            self._out.write(f"  {reason.value:<11} {events:>12,}  (dropped)")
        self._out.write(f"  unreadable  {report.unreadable:>12,}")
