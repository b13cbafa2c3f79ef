"""How a project's calls are read: its own options, and what this installation knows of addresses."""

import functools
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from analytics.ingestion.clock import microseconds
from analytics.ingestion.enrichment.maxmind import CountryFile
from analytics.ingestion.options import Options, unknown
from analytics.models import Project
from analytics.queries import retention


def options_of(project: Project) -> Options:
    """What `normalize` needs to know of this project."""
    path: str = settings.MAXMIND_FILE
    edge = retention.kept_from(project.organization_id, now=timezone.now())
    return Options(
        keep_addresses=project.keep_addresses,
        browser_window=timedelta(days=project.browser_window_days),
        oldest=microseconds(edge) if edge else 0,
        country_of=_file(path).country_of if path else unknown,
    )


@functools.cache
def _file(path: str) -> CountryFile:
    return CountryFile(Path(path))
