"""Segment's calls as its libraries send them, read straight into structs: a third of the time of any JSON.

Whatever is unusual is left to the way of `segment_calls`, the event or the whole body, with the same outcome.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from analytics.contracts import Rejection
from analytics.ingestion.calls import Call, RawCall
from analytics.ingestion.protocols import segment_calls, wire

# Deeper or wider than what libraries send; a decoder's own limit would depend on where the event stands.
_MOST_BRACKETS = 100
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Quick(NamedTuple):
    """The calls of a body, and what it says is the key."""

    key: object
    calls: Sequence[Call | RawCall | Rejection]


class _Batch(msgspec.Struct, rename="camel", forbid_unknown_fields=True, gc=False):
    batch: list[msgspec.Raw]
    context: dict[str, Any] | None = None
    sent_at: Any = None
    write_key: Any = None
    integrations: Any = None
    type: Any = None
    message_id: Any = None


_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_call = msgspec.json.Decoder(Call).decode
_encode = msgspec.json.Encoder().encode


def batch(body: bytes) -> Quick | None:
    """None where the body is to be read as any JSON is."""
    try:
        _require_text(body)
        found = _decode_batch(body)
        reader = _Reader(found.context or {}, found.sent_at)
        return Quick(found.write_key, [reader.call(text, index) for index, text in enumerate(found.batch)])
    except _UNREADABLE:
        return None


def single(body: bytes, kind: str) -> Quick | None:
    """None where the body is to be read as any JSON is."""
    if not _is_usual(body):
        return None
    try:
        _require_text(body)
        call = _decode_call(body)
    except _UNREADABLE:
        return None
    call.type = kind
    return Quick(call.write_key, [call])


class _Reader:
    """Reads the calls of a batch, which share its context and its time of sending."""

    def __init__(self, context: Mapping[str, Any], sent_at: object) -> None:
        self._context = context
        self._sent_at = sent_at
        self._merged: dict[bytes, msgspec.Raw] = {}

    def call(self, text: msgspec.Raw, index: int) -> Call | RawCall | Rejection:
        raw = bytes(text)
        if not _is_usual(raw):
            return self._as_any(raw, index)
        try:
            found = _decode_call(raw)
            if self._context:
                found.context = self._with_own(found.context)
        except msgspec.ValidationError:
            return self._as_any(raw, index)
        if found.sent_at is msgspec.UNSET and self._sent_at is not None:
            found.sent_at = self._sent_at
        return found

    def _as_any(self, raw: bytes, index: int) -> RawCall | Rejection:
        return segment_calls.call(msgspec.json.decode(raw), index, self._context, self._sent_at)

    def _with_own(self, context: msgspec.Raw) -> msgspec.Raw:
        """The batch's context with the call's over it. Raises ValidationError where the call's is no object."""
        own = bytes(context)
        if (known := self._merged.get(own)) is None:
            merged = {**self._context, **(_decode_object(own) or {})}
            known = self._merged[own] = msgspec.Raw(_encode(merged))
        return known


_decode_object = msgspec.json.Decoder(dict[str, Any] | None).decode


def _is_usual(raw: bytes) -> bool:
    return len(raw) <= wire.SMALL_EVENT and raw.count(b"{") + raw.count(b"[") <= _MOST_BRACKETS


def _require_text(body: bytes) -> None:
    """Raises UnicodeDecodeError: a struct's decoder does not look into what it skips."""
    if not body.isascii():
        body.decode()
