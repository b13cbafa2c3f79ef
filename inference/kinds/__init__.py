"""The tasks by their names."""

from typing import Any

from inference.choices import Task
from inference.kinds.base import Kind
from inference.kinds.chat import Chat
from inference.kinds.classify import Classify
from inference.kinds.extract import Extract
from inference.kinds.generate import Generate
from inference.kinds.summarize import Summarize

KINDS: dict[str, Kind[Any]] = {
    kind.task: kind for kind in (Summarize(), Classify(), Extract(), Generate(), Chat())
}


def kind_of(task: str) -> Kind[Any]:
    return KINDS[Task(task)]
