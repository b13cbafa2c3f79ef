"""`make bench`: medians over several rounds, each beside a reference of the same run.

Absolute times say something about the machine; the ratios to the reference say something about Plumbline.
"""

import argparse
import importlib
import os
import platform
import subprocess
import sys

import psutil

from tests.bench.stack import running_product

NAMES = ("ingest", "seal", "query", "fair", "inference")
# Takes half an hour and ten gigabytes, and is run by name only.
LONG = ("growth",)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("only", nargs="?", choices=NAMES + LONG)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not options.only:
        return each_alone(options.rounds)
    memory = psutil.virtual_memory().total / 2**30
    print(f"machine: {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}")
    with running_product() as product:
        # Only now: its models need the settings that name the servers.
        bench = importlib.import_module(f"tests.bench.{options.only}")
        print(f"{options.only}: {bench.__doc__}")
        bench.run(product, options.rounds)
    return 0


def each_alone(rounds: int) -> int:
    """Every benchmark in a process and on servers of its own; how many failed."""
    command = [sys.executable, "-m", "tests.bench", "--rounds", str(rounds)]
    return sum(subprocess.run([*command, name], check=False).returncode != 0 for name in NAMES)


if __name__ == "__main__":
    sys.exit(main())
