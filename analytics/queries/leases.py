"""How many queries an organization has running in all processes: leases in Redis that run out by themselves.

Without Redis each process keeps to the limit for itself.
"""

import uuid
from typing import cast

import redis

from analytics.queries.live import client
from analytics.rest import Rest

REST = Rest()
NONE = ""
# The time is the server's, so that clocks of several machines do not matter.
_TAKE = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
    return 0
end
redis.call('ZADD', KEYS[1], at + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[3]) + 1)
return 1
"""


def take(organization_id: int, *, limit: int, seconds: float) -> str | None:
    """A lease for so long at most; None where the organization has as many as it may."""
    if not REST.is_over:
        return NONE
    lease = uuid.uuid4().hex
    try:
        given = cast("int", client().eval(_TAKE, 1, _key(organization_id), lease, limit, seconds))
    except redis.RedisError as error:
        REST.begin("Queries of other processes are not counted.", error)
        return NONE
    return lease if given else None


def give_back(organization_id: int, lease: str) -> None:
    if lease == NONE:
        return
    try:
        client().zrem(_key(organization_id), lease)
    except redis.RedisError as error:
        REST.begin("A lease of a query runs out by itself.", error)


def _key(organization_id: int) -> str:
    return f"queries:running:{organization_id}"
