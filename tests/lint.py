"""`make lint`: every check, all of them run, each failure shown; exit code 1 where any failed."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.services_plugin import services

PRODUCTION = {
    "PLUMBLINE_BASE_URL": "https://plumbline.example.com",
    "SECRET_KEY": "check only: Zq7rT2pL9xWc4VbN8mKj6HsGf3DdSaQ1wEyUiOpP5zXcVbNm0",
}

CHECKS: tuple[tuple[str, Sequence[str]], ...] = (
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("ruff", ("ruff", "check", "--quiet", ".")),
    ("types", ("mypy",)),
    ("imports", ("lint-imports",)),
    ("templates", ("djlint", "--check", "--lint", "--quiet", "templates")),
    ("migrations", (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")),
    ("deploy", (sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING")),
    (
        "api schema",
        (sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull),
    ),
)


def main() -> int:
    """Run the checks on real services, since some of them connect."""
    failed = []
    with services():
        environment = {**os.environ, **PRODUCTION}
        for name, command in CHECKS:
            began = time.monotonic()
            done = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            verdict = "ok" if done.returncode == 0 else "FAILED"
            sys.stdout.write(f"{name:<12} {verdict:<8} {time.monotonic() - began:5.1f} s\n")
            if done.returncode:
                failed.append(name)
                sys.stdout.write(done.stdout + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else "all checks passed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
