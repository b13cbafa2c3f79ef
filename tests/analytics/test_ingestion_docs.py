"""docs/events.md names what the doors take."""

import re
from pathlib import Path

import pytest

from analytics.ingestion import cleaning, normalize
from analytics.ingestion.files import csv_table
from analytics.ingestion.protocols import segment, wire

TEXT = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*segment.ROUTES, *csv_table.TARGETS, "combined-log", "csv"])
def test_the_page_names_every_route_and_option(name) -> None:
    assert re.search(rf"[`/ =]{re.escape(name)}\b", TEXT)


@pytest.mark.parametrize(
    "limit",
    [
        f"{wire.MAX_BODY // 1024} KB",
        f"{wire.MAX_EVENT // 1024} KB",
        f"{normalize.MAX_NAME} characters",
        f"{cleaning.MAX_ID} characters",
        f"{cleaning.MAX_PROPERTIES}, nested up to {cleaning.MAX_DEPTH} deep",
        f"a name up to {cleaning.MAX_PROPERTY_NAME} characters",
    ],
)
def test_the_page_states_every_limit(limit) -> None:
    assert limit in TEXT
