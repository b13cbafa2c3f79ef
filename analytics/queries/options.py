"""How a project's calls are read: its own options, and what this installation knows of addresses."""

import functools
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from analytics.ingestion.enrichment.maxmind import CountryFile
from analytics.ingestion.options import Options, unknown
from analytics.models import Project


def options_of(project: Project) -> Options:
    """What `normalize` needs to know of this project."""
    path: str = settings.MAXMIND_FILE
    return Options(
        keep_addresses=project.keep_addresses,
        browser_window=timedelta(days=project.browser_window_days),
        country_of=_file(path).country_of if path else unknown,
    )


@functools.cache
def _file(path: str) -> CountryFile:
    return CountryFile(Path(path))
