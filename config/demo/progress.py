"""How far a long load is: a bar on a terminal, a line for each tenth elsewhere. No Django here."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

# Takes how many are done in all.
Report = Callable[[int], None]


@contextlib.contextmanager
def shown(*, total: int, stream: TextIO) -> Iterator[Report]:
    """A report that draws on the stream; `total` may be an estimate."""
    if not stream.isatty():
        yield _lines(total, stream)
        return
    columns: tuple[ProgressColumn, ...] = (
        TextColumn("Demo"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task("Demo", total=total)
        yield lambda done: bar.update(task, completed=done, total=max(total, done))
        done = int(bar.tasks[0].completed)
        bar.update(task, completed=done, total=done)


def _lines(total: int, stream: TextIO) -> Report:
    said = 0

    def report(done: int) -> None:
        nonlocal said
        tenth = min(done * 10 // max(total, 1), 10)
        if tenth > said:
            said = tenth
            stream.write(f"Demo: {tenth * 10} % ({done:,} calls)\n")
            stream.flush()

    return report


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")
