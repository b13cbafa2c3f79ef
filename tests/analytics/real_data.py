"""Data of others to run against, beside the project; what needs it is skipped where it is absent."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data"
OTTO = DATA / "otto" / "events.csv"
ONLINE_RETAIL = DATA / "online-retail" / "online_retail.csv.gz"
NEEDED = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is absent")
