"""The ASGI application: Django, with the door for events and what stays open in front of it.

These are plain ASGI callables: under Django's handler each request takes a thread, and keeps it while it is open.
"""

import os
import re
from typing import TYPE_CHECKING, cast

import django

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 (as the lines below)

from analytics.api.door import EventsOr  # noqa: E402 (Django's apps must be loaded first)
from config.body_limit import BodyLimit  # noqa: E402
from config.handler import SynchronousHandler  # noqa: E402
from inference.openai_streaming import OpenAIOr  # noqa: E402
from inference.streaming import StreamOr  # noqa: E402

django_application = cast("ASGI3Application", SynchronousHandler(at_once=settings.REQUESTS_AT_ONCE))
# Files to import go to the disk as they come; what frames them in the body is small.
uploads = {
    re.compile(r"/api/v1/projects/\d+/imports/|/o/[^/]+/p/[^/]+/settings/import/"): settings.IMPORT_BYTES + 2**20
}
streams = StreamOr(django_application)
doors = OpenAIOr(streams, lambda: streams.hub)
limited = BodyLimit(doors, limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, larger=uploads)
application = EventsOr(limited)
