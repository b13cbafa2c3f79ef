"""The file `demo.json` in the data folder: what it takes to get into the demo. No Django here."""

import os
import tempfile
from pathlib import Path

import msgspec


class Login(msgspec.Struct, frozen=True):
    email: str
    password: str


class Credentials(msgspec.Struct, frozen=True):
    """`organization` is a slug; `logins` are by name: owner, analyst, viewer, staff."""

    base_url: str
    organization: str
    project_id: int
    write_key: str
    secret_key: str
    logins: dict[str, Login]

    def at(self, base_url: str) -> "Credentials":
        return msgspec.structs.replace(self, base_url=base_url)


def read(path: Path) -> Credentials | None:
    """What the file holds, or None where it is missing or is not whole."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write(path: Path, credentials: Credentials) -> None:
    """Put the file in place whole, readable by its owner alone (mode 600)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(credentials), indent=2) + b"\n"
    # mkstemp makes its file with mode 600.
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".demo-")
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(scratch).replace(path)
