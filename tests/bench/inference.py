"""Jobs on one worker against a simulated provider, beside the provider called without Plumbline."""

import asyncio
import time
from typing import Any

import aiohttp

from tests.bench.stack import SIMULATOR_PORT, Product, median
from tests.simulators.llm import InThread

JOBS = 200
SECONDS = 2
SLOW = f"Say something. @sim tokens=4 first={SECONDS}"
FAST = "Say something. @sim tokens=4"
JOBS_PATH = "/api/v1/inference/jobs/"


async def finish(session: aiohttp.ClientSession, prompt: str) -> float:
    """Seconds from the request to the finished job."""
    began = time.perf_counter()
    body = {"task": "generate", "input": {"prompt": prompt}}
    async with session.post(JOBS_PATH, json=body, headers={"Prefer": "wait=60"}) as answer:
        job: dict[str, Any] = await answer.json()
    if job.get("status") != "succeeded":
        raise RuntimeError(f"A job did not succeed: {job}")
    return time.perf_counter() - began


async def directly(session: aiohttp.ClientSession) -> float:
    """Seconds of the same call to the provider itself."""
    began = time.perf_counter()
    body = {"model": "simulated", "stream": True, "messages": [{"role": "user", "content": FAST}]}
    async with session.post(f"http://127.0.0.1:{SIMULATOR_PORT}/v1/chat/completions", json=body) as answer:
        await answer.read()
    return time.perf_counter() - began


async def measure(product: Product, rounds: int) -> None:
    headers = {"Authorization": f"Bearer {product.secret_key}"}
    connector = aiohttp.TCPConnector(limit=0)
    together, single, bare = [], [], []
    async with aiohttp.ClientSession(product.base_url, headers=headers, connector=connector) as session:
        await finish(session, FAST)
        for _ in range(rounds):
            began = time.perf_counter()
            await asyncio.gather(*(finish(session, SLOW) for _ in range(JOBS)))
            together.append(time.perf_counter() - began)
            single += [await finish(session, FAST) for _ in range(20)]
            bare += [await directly(session) for _ in range(20)]
    worker = product.run.child("worker")
    print(f"  {JOBS} jobs of {SECONDS} s at once     {median(together):10.2f} s")
    print(f"  one job of no length, waited {median(single) * 1000:10.1f} ms")
    print(f"  the provider, called bare    {median(bare) * 1000:10.1f} ms")
    print(f"  memory of the worker         {worker.memory_info().rss / 2**20:10.0f} MB")


def run(product: Product, rounds: int) -> None:
    with InThread(port=SIMULATOR_PORT):
        asyncio.run(measure(product, rounds))
