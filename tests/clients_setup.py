"""Before the suite: other products' JavaScript libraries, as `tests/clients/package-lock.json` has them.

Needs Node 20 or newer with npm. Without it the tests that send with them fail and say so.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "clients"
MODULES = FOLDER / "node_modules"
MISSING = (
    "Node 20 or newer with npm is needed for the tests with other products' JavaScript libraries: install it "
    "(Debian: apt-get install nodejs npm), then run make test."
)
_STAMP = MODULES / ".plumbline-lock"


def wanted() -> str:
    """What is to be installed, as a digest."""
    return hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()


def is_installed() -> bool:
    return _STAMP.is_file() and _STAMP.read_text() == wanted()


def main() -> None:
    if is_installed():
        return
    if not shutil.which("npm"):
        sys.stdout.write(f"{MISSING}\n")
        return
    sys.stdout.write("==> Installing other products' JavaScript libraries for the tests (integrity is checked)\n")
    sys.stdout.flush()
    done = subprocess.run(["npm", "ci", "--no-progress"], cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stdout.write(f"npm ci failed: {done.stderr.strip()[-800:]}\n")
        return
    _STAMP.write_text(wanted())


if __name__ == "__main__":
    main()
