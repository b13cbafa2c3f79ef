"""The figures: many slow calls at once, streams, jobs of no length, and clients that only hold on."""

import asyncio
import contextlib
import gc
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import psutil
import uvloop
from django.db.models import Max

from tests.bench.inference.wire import Door, asking, delays, read_all
from tests.bench.stack import ENVIRONMENT, SIMULATOR_PORT, Product, Used, median, usage_of
from tests.product import eventually, free_port

MANY, SECONDS = 1_000, 10
STREAMS, WORDS, PAUSE = 200, 240, 0.05
# Seconds in which they begin, each at its own moment. Words are counted while all of them run: what it takes to
# begin is measured by the jobs of no length.
BEGIN_WITHIN = 4
SINGLES, BURST, SIDE_BY_SIDE = 50, 1_000, 64
HELD = 1_000
JOBS = "/api/v1/inference/jobs/"
numbers = itertools.count()


def prompt(**options: float) -> str:
    """No two are alike."""
    said = " ".join(f"{name}={value}" for name, value in options.items())
    return f"Say something. @sim {said} echo={next(numbers)}"


def completion(**options: float) -> dict[str, object]:
    return {"model": "simulated", "stream": True, "messages": [{"role": "user", "content": prompt(**options)}]}


def job(**options: float) -> dict[str, object]:
    return {"task": "generate", "input": {"prompt": prompt(**options)}}


@contextlib.contextmanager
def process(*arguments: str, port: int, **environment: str) -> Iterator[psutil.Process]:
    """A server of its own that listens on this port."""
    child = subprocess.Popen((sys.executable, *arguments), env={**os.environ, **environment})
    try:
        eventually(lambda: _listens(port))
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(10)


@contextlib.contextmanager
def worker_alone() -> Iterator[psutil.Process]:
    """A worker of the queue `inference` and no other, as docs/deployment.md has it."""
    options = ("--queues", "inference", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING")
    command = (sys.executable, "-m", "celery", "--quiet", "--app", "config", "worker", *options)
    child = subprocess.Popen(command, env={**os.environ, **ENVIRONMENT})
    try:
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(20)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """The client keeps what it measures, and a look through all of that would stop it for up to 60 ms."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _listens(port: int) -> bool:
    listening = (one.laddr for one in psutil.net_connections("tcp4") if one.status == "LISTEN")
    return any(address and address.port == port for address in listening)


async def timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def ask(door: Door, body: object, **headers: str) -> bytes:
    async with asking(door, door.request("POST", body, **headers)) as reader:
        return await read_all(reader)


async def wait_for(door: Door, body: object) -> None:
    answer = await ask(door, body, Prefer="wait=60")
    if b'"succeeded"' not in answer:
        raise RuntimeError(answer.decode())


async def side_by_side(count: int, at_once: int, one: Callable[[], Awaitable[object]]) -> float:
    """Seconds until all are done, so many at a time."""
    room = asyncio.Semaphore(at_once)

    async def go() -> None:
        async with room:
            await one()

    return await timed(asyncio.gather(*(go() for _ in range(count))))


class Bench:
    """One product, one gateway, one provider."""

    def __init__(self, product: Product, gateway: psutil.Process, gateway_port: int) -> None:
        self.product = product
        self.gateway = gateway
        key = (("Authorization", f"Bearer {product.secret_key}"),)
        self.jobs = Door(product.run.port, JOBS, key)
        self.plain = Door(gateway_port, "/v1/chat/completions")
        self.bare = Door(SIMULATOR_PORT, "/v1/chat/completions")
        self.web = product.run.child("config.web")
        self.worker = product.run.child("worker")

    async def many(self) -> None:
        """All wait in the queue; from when the worker may begin until the last has ended."""
        with self.product.without("worker"), worker_alone() as worker:
            await wait_for(self.jobs, job(tokens=4))
            worker.suspend()
            await side_by_side(MANY, 50, lambda: ask(self.jobs, job(tokens=4, first=SECONDS)))
            before = sum(worker.cpu_times()[:2])
            began = time.time()
            worker.resume()
            await self._all_done()
            seconds = await asyncio.to_thread(_last_end) - began
            cpu = sum(worker.cpu_times()[:2]) - before
            show(
                f"{MANY} calls of {SECONDS} s, one worker of their queue",
                f"{seconds:.2f} s, {cpu:.1f} s of CPU, {_megabytes(worker)}",
            )
        before = sum(self.gateway.cpu_times()[:2])
        plain = await side_by_side(MANY, MANY, lambda: ask(self.plain, completion(tokens=4, first=SECONDS)))
        cpu = sum(self.gateway.cpu_times()[:2]) - before
        show("    the plain gateway", f"{plain:.2f} s, {cpu:.1f} s of CPU, {_megabytes(self.gateway)}")

    async def _all_done(self) -> None:
        door = Door(self.jobs.port, f"{JOBS}?status=queued&status=running&page_size=1", self.jobs.headers)
        while True:
            async with asking(door, door.request("GET")) as reader:
                answer = await read_all(reader)
            if not json.loads(answer.partition(b"\r\n\r\n")[2])["results"]:
                return
            await asyncio.sleep(0.2)

    async def streams(self) -> None:
        options = {"tokens": WORDS, "delay": PAUSE, "stamp": 1}
        bare = await self._delays(lambda: self._completion(self.bare, options))
        with usage_of(self.gateway) as of_gateway:
            plain = await self._delays(lambda: self._completion(self.plain, options))
        with usage_of(self.web) as of_web, usage_of(self.worker) as of_worker:
            own = await self._delays(lambda: self._stream(options))
        used = f"CPU a token: worker {_of_a_token(of_worker)}, web {_of_a_token(of_web)}"
        show(f"{STREAMS} streams of {1 / PAUSE:.0f} tokens a second", f"{_percentiles(own)}; {used}")
        show("    the plain gateway", f"{_percentiles(plain)}; CPU a token: {_of_a_token(of_gateway)}")
        show("    the provider, called bare", _percentiles(bare))

    async def _delays(self, one: Callable[[], Awaitable[list[tuple[float, float]]]]) -> list[float]:
        moments = random.Random(STREAMS)

        async def later(seconds: float) -> list[tuple[float, float]]:
            await asyncio.sleep(seconds)
            return await one()

        with uncollected():
            found = await asyncio.gather(*(later(moments.uniform(0, BEGIN_WITHIN)) for _ in range(STREAMS)))
        if any(len(stream) != WORDS for stream in found):
            raise RuntimeError("Not all words came.")
        begun, over = max(stream[0][0] for stream in found), min(stream[-1][0] for stream in found)
        return [delay for stream in found for moment, delay in stream if begun <= moment <= over]

    async def _completion(self, door: Door, options: dict[str, float]) -> list[tuple[float, float]]:
        return await delays(door, door.request("POST", completion(**options)))

    async def _stream(self, options: dict[str, float]) -> list[tuple[float, float]]:
        answer = await ask(self.jobs, job(**options))
        door = self._stream_of(json.loads(answer.partition(b"\r\n\r\n")[2])["id"])
        return await delays(door, door.request("GET"))

    def _stream_of(self, job_id: str) -> Door:
        return Door(self.jobs.port, f"{JOBS}{job_id}/stream/", self.jobs.headers)

    async def singles(self) -> None:
        own = [await timed(wait_for(self.jobs, job(tokens=1))) for _ in range(SINGLES)]
        bare = [await timed(ask(self.bare, completion(tokens=1))) for _ in range(SINGLES)]
        plain = [await timed(ask(self.plain, completion(tokens=1))) for _ in range(SINGLES)]
        added = (median(own) - median(bare)) * 1000
        show("a durable job of no length adds, waited for", f"{added:.1f} ms")
        show("    the plain gateway adds", f"{(median(plain) - median(bare)) * 1000:.1f} ms")

    async def burst(self) -> None:
        own = await side_by_side(BURST, SIDE_BY_SIDE, lambda: wait_for(self.jobs, job(tokens=1)))
        plain = await side_by_side(BURST, SIDE_BY_SIDE, lambda: ask(self.plain, completion(tokens=1)))
        show(f"jobs a second, {SIDE_BY_SIDE} clients that wait", f"{BURST / own:.0f}")
        show("    the plain gateway", f"{BURST / plain:.0f}")

    async def held(self) -> None:
        """Clients that follow jobs which say nothing."""
        answers = await asyncio.gather(*(ask(self.jobs, job(tokens=1, first=20)) for _ in range(10)))
        ids = [json.loads(answer.partition(b"\r\n\r\n")[2])["id"] for answer in answers]
        memory, threads = self.web.memory_info().rss, self.web.num_threads()
        async with contextlib.AsyncExitStack() as stack:
            for index in range(HELD):
                door = self._stream_of(ids[index % len(ids)])
                await stack.enter_async_context(asking(door, door.request("GET")))
            await asyncio.sleep(5)
            grown = (self.web.memory_info().rss - memory) / 2**20
            show(
                f"{HELD} open streams in the web process",
                f"+{grown:.0f} MB, +{self.web.num_threads() - threads} threads",
            )


def _last_end() -> float:
    from inference.models import Job  # noqa: PLC0415 (models need Django to be set up)

    ended = Job.objects.aggregate(last=Max("finished_at"))["last"]
    return float(ended.timestamp())


def show(what: str, figure: str) -> None:
    print(f"  {what:<62} {figure}", flush=True)


def _percentiles(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100)
    return f"p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms"


def _of_a_token(used: Used) -> str:
    """With all else that the process did meanwhile: each stream's beginning and end."""
    return f"{used.cpu / (STREAMS * WORDS) * 1e6:.0f} µs"


def _megabytes(process: psutil.Process) -> str:
    return f"{process.memory_info().rss / 2**20:.0f} MB"


def run(product: Product, rounds: int) -> None:
    """Each part in turn, so many rounds of it; `ONLY_PART=many,held` picks."""
    parts = os.environ.get("ONLY_PART", "singles,burst,streams,many,held").split(",")
    port = free_port()
    simulator = process("-m", "tests.simulators.llm", "--port", str(SIMULATOR_PORT), port=SIMULATOR_PORT)
    serve = ("-m", "uvicorn", "tests.bench.inference.gateway:app", "--port", str(port), "--log-level", "warning")
    upstream = f"http://127.0.0.1:{SIMULATOR_PORT}"
    with simulator, process(*serve, port=port, UPSTREAM=upstream) as gateway:
        bench = Bench(product, gateway, port)
        for part in parts:
            for _ in range(rounds if part in {"singles", "burst", "streams"} else 1):
                uvloop.run(getattr(bench, part)())
