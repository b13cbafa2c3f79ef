"""Events over HTTP, durable before the answer, beside a bare COPY of the same rows into PostgreSQL;
then for SUSTAINED seconds (60) at a steady RATE of events a second (25000), while the worker seals.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from tests.bench import load
from tests.bench.stack import Product, median, usage_of

BATCH = 100
BATCHES = 1_000
BATCH_CLIENTS = 8
SINGLES = 10_000
SINGLE_CLIENTS = 64
RATE = int(os.environ.get("RATE", "25000"))
SUSTAINED = float(os.environ.get("SUSTAINED", "60"))


@dataclass(slots=True)
class Figures:
    """One number of each round: events a second, seconds, CPU seconds for 1,000 events."""

    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def copy_rate(order: load.Order) -> float:
    """Rows a second of COPY, one transaction a batch, into a table of one JSON column, the text made before."""
    texts = [
        b"".join(json.dumps(one).encode() + b"\n" for one in json.loads(body)["batch"])
        for body in load.bodies(order)
    ]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_copy (event jsonb)")
        began = time.perf_counter()
        for text in texts:
            with connection.cursor().copy("COPY bench_copy FROM STDIN") as copy:
                copy.write(text)
        seconds = time.perf_counter() - began
        connection.execute("DROP TABLE bench_copy")
    return order.requests * order.batch / seconds


def one_round(web: psutil.Process, order: load.Order, figures: Figures) -> load.Report:
    events = order.requests * max(1, order.batch)
    with usage_of(web) as used:
        report = load.send(order)
    figures.rate.append(events / report.seconds)
    figures.p50.append(report.p50)
    figures.p99.append(report.p99)
    figures.cpu.append(used.cpu / events * 1000)
    return report


def backlog() -> int:
    """Events that are accepted and not sealed."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT coalesce(sum(events), 0) FROM analytics_inboxentry").fetchone()
    return int(row[0]) if row else 0


def until_sealed() -> float:
    began = time.perf_counter()
    while backlog():
        time.sleep(0.1)
    return time.perf_counter() - began


def run(product: Product, rounds: int) -> None:
    web = product.run.child("config.web")
    batches, singles = Figures(), Figures()
    copies, left, emptied, sealed = [], [], [], []
    for number in range(rounds):
        order = load.Order(product.run.port, product.write_key, BATCHES, BATCH_CLIENTS, BATCH, 2 * number)
        copies.append(copy_rate(order))
        report = one_round(web, order, batches)
        left.append(float(backlog()))
        sealed.append((BATCH * BATCHES - left[-1]) / report.seconds)
        emptied.append(until_sealed())
        order = load.Order(product.run.port, product.write_key, SINGLES, SINGLE_CLIENTS, 0, 2 * number + 1)
        one_round(web, order, singles)
        until_sealed()
    show(f"batches of {BATCH}, {BATCH_CLIENTS} clients", batches)
    ratio = median(batches.rate) / median(copies)
    print(f"  bare COPY of the same rows   {median(copies):10,.0f} rows/s     ratio {ratio:.2f}")
    print(f"  sealed meanwhile             {median(sealed):10,.0f} events/s   left {median(left):,.0f} events")
    print(f"  the inbox empty again after  {median(emptied):10.1f} s")
    show(f"single events, {SINGLE_CLIENTS} clients", singles)
    keep_pace(product, 2 * rounds)
    for name, process in (("web", web), ("worker", product.run.child("worker"))):
        print(f"  most memory of the {name + ' process':<18} {most_memory(process):7.0f} MB")


def keep_pace(product: Product, seed: int) -> None:
    """How much waits to be sealed, second by second, while as much as that comes in."""
    order = load.Order(
        product.run.port, product.write_key, BATCHES, BATCH_CLIENTS, BATCH, seed, RATE / BATCH, SUSTAINED
    )
    left = []
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(load.send, order)
        while not sending.done():
            left.append(float(backlog()))
            time.sleep(1)
    report, half = sending.result(), len(left) // 2
    rate = report.answers * BATCH / report.seconds
    print(
        f"  {RATE:,} a second for {SUSTAINED:.0f} s       {rate:10,.0f} events/s   p99 {report.p99 * 1000:.0f} ms"
    )
    print(
        f"  wait to be sealed            {median(left[:half]):10,.0f} events in the first half, "
        f"{median(left[half:]):,.0f} in the second, {max(left):,.0f} at most"
    )
    print(f"  the inbox empty again after  {until_sealed():10.1f} s")


def most_memory(process: psutil.Process) -> float:
    """The most MB that a process held since it began."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def show(name: str, figures: Figures) -> None:
    times = f"p50 {median(figures.p50) * 1000:.0f} ms   p99 {median(figures.p99) * 1000:.0f} ms"
    print(f"  {name:28} {median(figures.rate):10,.0f} events/s   {times}")
    print(f"  CPU of the web process       {median(figures.cpu):10.3f} s for 1,000 events")
