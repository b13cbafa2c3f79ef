"""Where this installation keeps its events, and how much a query of it may take."""

from pathlib import Path

from django.conf import settings

from analytics.models import Segment
from analytics.store.connection import Limits


def folder() -> Path:
    """The store's folder; read at each call, so that tests have one each."""
    return Path(settings.DATA_FOLDER) / "store"


def unreadable_folder() -> Path:
    """Where inbox entries lie that could not be read, by project."""
    return folder().parent / "unreadable"


def path_of(segment: Segment) -> Path:
    return folder() / segment.relative_path


def limits(seconds: float | None = None) -> Limits:
    """The limits of a query, or with another deadline."""
    return Limits(folder=folder(), memory=settings.QUERY_MEMORY, seconds=seconds or settings.QUERY_SECONDS)
