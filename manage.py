"""Django's command line."""

import os
import sys
from pathlib import Path

import environ


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Beside a running `make run`, its servers are the ones meant, unless others are named.
    running = Path(os.environ.get("PLUMBLINE_DATA") or "var") / "run.env"
    if running.exists():
        environ.Env.read_env(running)
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (needs the settings)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
