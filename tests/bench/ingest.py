"""Events over HTTP, durable before the answer, beside a bare COPY of the same rows into PostgreSQL."""

import asyncio
import itertools
import json
import os
import time
import uuid

import aiohttp
import psycopg

from tests.bench.stack import Product, median, usage_of

BATCH = 100
BATCHES = 200
SINGLES = 2_000
CLIENTS = 64
_number = itertools.count()


def event() -> dict[str, object]:
    number = next(_number)
    return {
        "type": "track",
        "event": f"Action {number % 20}",
        "messageId": str(uuid.uuid4()),
        "anonymousId": f"visitor-{number % 5000}",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "properties": {"plan": "pro", "seats": number % 50, "path": f"/page/{number % 100}"},
        "context": {"page": {"url": f"https://example.test/page/{number % 100}"}},
    }


async def send(product: Product, bodies: list[bytes], path: str, clients: int) -> list[float]:
    """Seconds of each request, sent by this many clients at once; every answer must be 200."""
    authorization = aiohttp.BasicAuth(product.write_key, "")
    times: list[float] = []
    waiting = iter(bodies)

    async def client(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            began = time.perf_counter()
            async with session.post(product.base_url + path, data=body) as answer:
                await answer.read()
                answer.raise_for_status()
            times.append(time.perf_counter() - began)

    connector = aiohttp.TCPConnector(limit=clients)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(auth=authorization, connector=connector, headers=headers) as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    return times


def copy_rate(bodies: list[bytes]) -> float:
    """Rows a second of COPY, one transaction a batch, into a table of one JSON column."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_copy (event jsonb)")
        rows = [[json.dumps(one) for one in json.loads(body)["batch"]] for body in bodies]
        began = time.perf_counter()
        for batch in rows:
            with connection.cursor().copy("COPY bench_copy FROM STDIN") as copy:
                for row in batch:
                    copy.write_row((row,))
        seconds = time.perf_counter() - began
        connection.execute("DROP TABLE bench_copy")
    return len(bodies) * BATCH / seconds


def run(product: Product, rounds: int) -> None:
    web = product.run.child("config.web")
    rates, copies, singles, slowest, cpu = [], [], [], [], []
    for _ in range(rounds):
        bodies = [json.dumps({"batch": [event() for _ in range(BATCH)]}).encode() for _ in range(BATCHES)]
        copies.append(copy_rate(bodies))
        with usage_of(web) as used:
            began = time.perf_counter()
            asyncio.run(send(product, bodies, "/v1/batch", 8))
            rates.append(BATCH * BATCHES / (time.perf_counter() - began))
        cpu.append(used.cpu / (BATCH * BATCHES) * 1000)
        began = time.perf_counter()
        times = asyncio.run(
            send(product, [json.dumps(event()).encode() for _ in range(SINGLES)], "/v1/track", CLIENTS)
        )
        singles.append(SINGLES / (time.perf_counter() - began))
        slowest.append(sorted(times)[int(len(times) * 0.99)] * 1000)
    rate, copied = median(rates), median(copies)
    print(f"  batches of {BATCH}, 8 clients      {rate:10,.0f} events/s")
    print(f"  bare COPY of the same rows   {copied:10,.0f} rows/s     ratio {rate / copied:.2f}")
    print(f"  CPU of the web process       {median(cpu):10.2f} s per 1,000 events")
    print(
        f"  single events, {CLIENTS} clients    {median(singles):10,.0f} events/s   p99 {median(slowest):.0f} ms"
    )
    print(f"  memory of the web process    {web.memory_info().rss / 2**20:10.0f} MB")
