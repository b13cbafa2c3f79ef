"""Django's ASGI handler with its middleware and views as one piece of synchronous work.

All of Plumbline's views are synchronous. Django's own handler would cross between the event loop and a thread for
each middleware, both ways, which cost more than most requests do. What stays open for long (token streams) is
answered in front of Django, by `inference.streaming`.
"""

import asyncio

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class SynchronousHandler(ASGIHandler):
    """At most `at_once` requests are worked on; others wait their turn, holding neither thread nor connection."""

    def __init__(self, *, at_once: int) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self._places = asyncio.Semaphore(at_once)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        async with self._places:
            return await sync_to_async(self.get_response, thread_sensitive=True)(request)
