"""ClickHouse's HTTP interface in front of the real engine, as one user who is bound by a file of users.

    python -m tests.simulators.clickhouse fill FOLDER < statements.sql
    python -m tests.simulators.clickhouse serve FOLDER CONFIG USER PASSWORD

The engine inside of a process (chDB) has one user, whose rights, settings and row policies its configuration
gives; they are the engine's own. Simulated are the interface, logging in, and that tables of `system` need a
grant, which is a switch of a server (`select_from_system_db_requires_grant`) that the engine inside of a process
does not have.
"""

import base64
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import chdb

# Those that a server shows to everybody, of those that matter here.
SHOWN = ("one", "settings", "functions", "tables", "columns", "databases")
_SYSTEM = re.compile(r"\bsystem\.(\w+)", re.IGNORECASE)
_LITERAL = re.compile(r"'(\\.|[^'\\])*'")
_CODE = re.compile(r"Code: (\d+)")
# A request of a user who may only read has none but these, since all others would be settings.
PARAMETERS = {"default_format", "wait_end_of_query", "query_id"}


def fill(folder: str, statements: str) -> None:
    own = chdb.connect(folder)
    for statement in statements.split(";\n"):
        if statement.strip():
            own.query(statement)
    own.close()


class Handler(BaseHTTPRequestHandler):
    """Set by `serve`: the engine, its lock, and the name and password of its user."""

    engine: Any
    lock: threading.Lock
    user: str
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = parse_qs(urlsplit(self.path).query)
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() != self.user:
            return self._fail(516, "Authentication failed: password is incorrect, or there is no such user.")
        if unknown := set(asked) - PARAMETERS:
            return self._fail(164, f"Cannot modify '{min(unknown)}' setting in readonly mode.")
        for table in _SYSTEM.findall(_LITERAL.sub("''", body)):
            if table.lower() not in SHOWN:
                return self._fail(497, f"Not enough privileges: grant SELECT ON system.{table}.")
        try:
            with self.lock:
                answer = self.engine.query(body, asked["default_format"][0]).bytes()
        except RuntimeError as error:
            self._discard()
            found = _CODE.search(str(error))
            return self._say(500, str(error).encode(), found[1] if found else "1002")
        return self._say(200, answer)

    def _discard(self) -> None:
        """What a failed query had written comes with the next answer, unlike a server's."""
        with self.lock:
            self.engine.query("SELECT 1", "TSV")

    def _fail(self, code: int, message: str) -> None:
        self._say(500, f"Code: {code}. DB::Exception: {message}".encode(), str(code))

    def _say(self, status: int, body: bytes, code: str = "") -> None:
        self.send_response(status)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


def serve(folder: str, config: str, user: str, password: str) -> None:
    """Says its port on a line."""
    Handler.engine = chdb.connect(f"{folder}?config-file={config}")
    Handler.lock, Handler.user = threading.Lock(), f"{user}:{password}"
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "fill":
        fill(arguments[0], sys.stdin.read())
    else:
        serve(*arguments)
