"""What Django says of a request that it has made a job of, to the part that answers the caller."""

from typing import Any
from uuid import UUID

import msgspec

JOB_HEADER = "plumbline-job"


class Accepted(msgspec.Struct, frozen=True):
    """`shown` is the head of a chat completion's chunks, or the Response as it was created.

    `stays`: the caller has a way to come back for it, so it goes on when they leave. `at_once`: a stream begins
    before it is known whether it will say anything.
    """

    job: UUID
    shown: dict[str, Any]
    stream: bool = False
    include_usage: bool = False
    stays: bool = False
    at_once: bool = False
