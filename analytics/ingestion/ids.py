"""Ids that have to be unique and need not be secret.

The kernel's random numbers would do, but asking for them lets other threads in: under load that costs a request
more than to read and judge its event.
"""

import os
import random
import uuid

# Seeded by the kernel; nobody else's seeds change it, and a forked process goes ways of its own.
_RANDOM = random.Random()  # noqa: S311 (no secret)
os.register_at_fork(after_in_child=_RANDOM.seed)


def new_uuid() -> uuid.UUID:
    return uuid.UUID(int=_RANDOM.getrandbits(128), version=4)
