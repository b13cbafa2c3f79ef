"""Before the suite: a real Chromium for the browser tests, from Debian's packages where root can install it.

Without one, the browser tests skip and say so; with CI=true they fail.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The path of an installed Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    if find():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.stdout.write(
            "No Chromium here: install it (Debian: apt-get install chromium) for the browser tests.\n"
        )
        return
    sys.stdout.write("==> Installing Chromium for the browser tests\n")
    sys.stdout.flush()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", "chromium")):
        done = subprocess.run(
            ["apt-get", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.stdout.write(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-500:]}\n")
            return


if __name__ == "__main__":
    main()
