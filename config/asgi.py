"""The ASGI application: Django, with the token stream in front of it.

Under Django's handler each open response pins a thread; a stream of tokens is a plain ASGI callable instead.
"""

import os
from typing import TYPE_CHECKING, cast

import django

if TYPE_CHECKING:
    from asgiref.typing import ASGI3Application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 (as the lines below)

from config.body_limit import BodyLimit  # noqa: E402 (Django's apps must be loaded first)
from config.handler import SynchronousHandler  # noqa: E402
from inference.streaming import StreamOr  # noqa: E402

django_application = cast("ASGI3Application", SynchronousHandler(at_once=settings.REQUESTS_AT_ONCE))
application = BodyLimit(StreamOr(django_application), limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
