"""A ClickHouse for tests of SQL: the real engine as a user with the rights that a test gives."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from analytics.store.clickhouse.sql import ddl

COMMAND = (sys.executable, "-m", "tests.simulators.clickhouse")
PASSWORD = "secret"
DATABASE = "tests"
LIMITS = ddl.bounds(30, 256, 10_001)


@dataclass(frozen=True, slots=True)
class User:
    """What the configuration gives: as `store ddl --sql` would have it, unless a test says otherwise."""

    project_id: int
    filter: str | None = None
    grants: tuple[str, ...] = (f"GRANT SELECT ON {DATABASE}.events",)
    changed: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """The files of its configuration; the path of the first."""
        condition = f"project_id = {self.project_id}" if self.filter is None else self.filter
        policy = f"<databases><{DATABASE}><events><filter>{condition}</filter></events></{DATABASE}></databases>"
        profile = "".join(
            f"<{key}>{value}</{key}>" for key, value in {**ddl.profile(LIMITS), **self.changed}.items()
        )
        (folder / "users.xml").write_text(f"""<clickhouse>
            <profiles><default/><own>{profile}</own></profiles>
            <users><default>
                <password></password><networks><ip>::/0</ip></networks><profile>own</profile><quota>own</quota>
                <grants>{"".join(f"<query>{grant}</query>" for grant in self.grants)}</grants>
                {policy if condition else ""}
            </default></users>
            <quotas><own></own></quotas>
        </clickhouse>""")
        config = folder / "config.xml"
        users = f"<users_xml><path>{folder / 'users.xml'}</path></users_xml>"
        config.write_text(f"<clickhouse><user_directories>{users}</user_directories></clickhouse>")
        return config


def fill(folder: Path, statements: list[str]) -> None:
    """Run statements as somebody who may do everything."""
    given = ";\n".join(statements)
    subprocess.run([*COMMAND, "fill", str(folder)], input=given, text=True, check=True, cwd=settings.ROOT)


@contextmanager
def serving(folder: Path, user: User, room: Path) -> Iterator[str]:
    """The address of a server with this folder's tables, as EVENT_STORE_SQL_URL has it."""
    config = user.write(room)
    name = f"plumbline_sql_{user.project_id}"
    arguments = [*COMMAND, "serve", str(folder), str(config), name, PASSWORD]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=settings.ROOT) as server:
        assert server.stdout is not None
        try:
            port = int(server.stdout.readline())
            yield f"clickhouse://plumbline_sql_{{project}}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"
        finally:
            server.kill()
