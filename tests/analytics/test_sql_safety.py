"""Which users of ClickHouse are taken for safe: the real engine with the rights, settings and policies of each."""

import pytest

from analytics.store.clickhouse import schema
from analytics.store.clickhouse.address import address_of
from analytics.store.clickhouse.sql import safety
from analytics.store.clickhouse.sql.door import door_of
from analytics.store.stop import Stop
from tests.analytics.sql_users import DATABASE, User, fill, serving

TABLE = f"{DATABASE}.events"


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """An engine's folder with events of two projects, and one without any."""
    made = schema.statements(address_of(f"clickhouse://localhost/{DATABASE}"))
    full, empty = (tmp_path_factory.mktemp(name) / "engine" for name in ("full", "empty"))
    fill(full, [*made, f"INSERT INTO {TABLE} (project_id, name) VALUES (1, 'a'), (2, 'b')"])
    fill(empty, made)
    return full, empty


def faults(folder, user, room):
    with serving(folder, user, room) as url:
        return safety.faults(door_of(url, user.project_id), user.project_id, Stop(20))


def test_the_user_that_the_statements_make_is_safe(folders, tmp_path):
    full, _ = folders

    assert faults(full, User(1), tmp_path) == []
    assert faults(full, User(1, filter="project_id = 1 AND project_id = 1"), tmp_path) == []
    assert faults(full, User(70_000), tmp_path) == []


def test_nobody_is_safe_of_whom_it_cannot_be_seen(folders, tmp_path):
    _, empty = folders

    assert faults(empty, User(1), tmp_path) == [
        "ClickHouse does not say which condition it puts before a query: is the table empty?"
    ]


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"filter": ""}, "no row policy leaves project"),
        ({"filter": "project_id > 0"}, "its condition is: greater"),
        ({"filter": "project_id IN (1, 2)"}, "no row policy leaves project"),
        ({"filter": "project_id = 987654"}, "no row policy leaves project"),
        ({"grants": ("GRANT SELECT ON tests.*",)}, "may do more than read tests.events"),
        ({"grants": (f"GRANT SELECT ON {TABLE}", "GRANT READ ON URL")}, "may do more than read tests.events"),
        ({"grants": ("GRANT SELECT, INSERT ON tests.events",)}, "may do more than read tests.events"),
        ({"changed": {"readonly": 0}}, "the setting readonly has to be 1"),
        ({"changed": {"readonly": 2}}, "the setting readonly has to be 1"),
        ({"changed": {"max_execution_time": 0}}, "max_execution_time has to bound"),
        ({"changed": {"max_memory_usage": 0}}, "max_memory_usage has to bound"),
        ({"changed": {"max_result_bytes": 0}}, "max_result_bytes has to bound"),
        ({"changed": {"join_use_nulls": 0}}, "join_use_nulls has to be 1"),
    ],
)
def test_what_makes_a_user_unsafe_is_told(folders, tmp_path, changed, missing):
    found = faults(folders[0], User(1, **changed), tmp_path)

    assert any(missing in fault for fault in found)
