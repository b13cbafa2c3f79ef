"""The reference: a gateway as one writes it in a page, FastAPI and httpx, that keeps nothing and only passes on.

`UPSTREAM=http://… python -m uvicorn tests.bench.inference.gateway:app`
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

UPSTREAM = os.environ.get("UPSTREAM", "")


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=UPSTREAM, limits=limits, timeout=None) as client:
        application.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/v1/chat/completions")
async def completions(request: Request) -> StreamingResponse:
    """What the upstream says, as it comes."""
    client: httpx.AsyncClient = request.app.state.client
    asked = client.build_request("POST", "/v1/chat/completions", content=await request.body())
    answer = await client.send(asked, stream=True)

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in answer.aiter_raw():
            yield piece
        await answer.aclose()

    return StreamingResponse(pieces(), status_code=answer.status_code, media_type="text/event-stream")
