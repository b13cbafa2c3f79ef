"""`make crash`: kill everything at random moments under load, and count what is stored with a plain reader."""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.crash.campaign import Campaign, Figures, run_in

SHOWN = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="make crash")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="repeat the choices of an earlier run")
    parser.add_argument(
        "--keep", action="store_true", help="keep the data folder and its logs, whatever comes out"
    )
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**31)
    folder = Path(tempfile.mkdtemp(prefix="plumbline-crash-"))
    run = run_in(folder)
    try:
        figures = Campaign.prepare(run).wage(options.kills, seed)
    finally:
        run.process.terminate()
        run.process.wait(30)
    show(figures)
    if options.keep or not figures.is_exact:
        sys.stdout.write(f"The data folder and its logs stay in {folder}.\n")
    else:
        shutil.rmtree(folder)
    return 0 if figures.is_exact else 1


def show(figures: Figures) -> None:
    """The figures as a table, then what went wrong."""
    table = Table("what", "how many", title=f"seed {figures.seed}, {figures.seconds:,.0f} s")
    table.columns[1].justify = "right"
    for name, times in sorted(figures.kills.items()):
        table.add_row(f"killed: {name}", f"{times:,}")
    for what, number in rows(figures):
        table.add_row(what, number)
    console = Console(width=100)
    console.print(table)
    named = {"lost": figures.lost, "twice": figures.twice, "never sent": figures.foreign}
    for what, ids in named.items():
        for one in sorted(ids)[:SHOWN]:
            console.print(f"{what}: {one}")
    for fault in figures.faults[:SHOWN]:
        console.print(fault, soft_wrap=True)


def rows(figures: Figures) -> list[tuple[str, str]]:
    numbers = {
        "killed in all": figures.kills.total(),
        "two at once": figures.twos,
        "worker in the middle of a file": figures.in_a_file,
        "restarts": figures.restarts,
        "segments merged": figures.merges,
        "segments at the end": figures.segments,
        "events acknowledged": figures.acknowledged,
        "events unsure at the end": figures.unsure,
        "events stored": figures.stored,
        "events lost": len(figures.lost),
        "events stored twice": len(figures.twice),
        "events never sent": len(figures.foreign),
        "other faults": len(figures.faults),
    }
    answers = ", ".join(f"{status or 'broken'}: {times:,}" for status, times in sorted(figures.answers.items()))
    return [
        *((what, f"{number:,}") for what, number in numbers.items()),
        *(("longest without an acknowledgement", one) for one in figures.silences),
        ("answers", answers),
    ]


if __name__ == "__main__":
    sys.exit(main())
