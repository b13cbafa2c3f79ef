"""Drivers where there are more values than are looked at."""

import importlib

import pytest

from analytics.kinds import parse_spec
from analytics.queries.run import run_query
from tests.analytics.events import NOON, event, store

pytestmark = pytest.mark.django_db
SPEC = parse_spec({
    "kind": "drivers",
    "period": {"from": "2026-11-20", "to": "2026-11-20"},
    "dimensions": ["path"],
    "limit": 1,
})  # fmt: skip


@pytest.mark.usefixtures("engine")
def test_what_is_large_in_one_period_is_compared_with_the_other(project, monkeypatch):
    monkeypatch.setattr(importlib.import_module("analytics.kinds.drivers.measure"), "MOST_VALUES", 1)
    yesterday = NOON.replace(day=19)
    paths = {NOON: ["/a", "/a", "/a", "/b"], yesterday: ["/b", "/b", "/a", "/c"]}
    store(project, [event(at, anonymous_id="p", path=path) for at, own in paths.items() for path in own])

    (dimension,) = run_query(project=project, spec=SPEC).result.dimensions

    found = [(driver.value, driver.other, driver.current, driver.previous) for driver in dimension.drivers]
    assert found == [("/a", False, 3, 1), ("", True, 1, 3)]
