"""`make bench`: medians over several rounds, each beside a reference of the same run.

Absolute times say something about the machine; the ratios to the reference say something about Plumbline.
"""

import argparse
import importlib
import os
import platform
import sys

import psutil

from tests.bench.stack import running_product

NAMES = ("ingest", "query", "inference")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("only", nargs="?", choices=NAMES)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    memory = psutil.virtual_memory().total / 2**30
    print(f"machine: {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}")
    for name in [options.only] if options.only else NAMES:
        bench = importlib.import_module(f"tests.bench.{name}")
        with running_product(bench.ENVIRONMENT) as product:
            print(f"\n{name}: {bench.__doc__}")
            bench.run(product, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
