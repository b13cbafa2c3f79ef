"""The payload of an inbox entry: events as JSON, compressed with zstandard. No Django here."""

from collections.abc import Sequence

import zstandard

from analytics.contracts import Event, decode_events, encode_events

# Level 1 costs about a tenth of the JSON encoding and already folds repeated keys and addresses.
_LEVEL = 1


def pack(events: Sequence[Event]) -> bytes:
    """The bytes that an inbox entry keeps."""
    return zstandard.compress(encode_events(events), level=_LEVEL)


def unpack(payload: bytes | memoryview) -> list[Event]:
    """The events of an inbox entry, in the order in which they were accepted."""
    return decode_events(zstandard.decompress(bytes(payload)))
