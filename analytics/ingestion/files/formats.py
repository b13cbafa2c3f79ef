"""The kinds of files that can be imported."""

from enum import StrEnum


class Format(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"
    COMBINED_LOG = "combined-log"
    PLAUSIBLE = "plausible"
    MATOMO = "matomo"
    UMAMI = "umami"
