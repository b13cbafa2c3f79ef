"""The wire protocols, one module each, of the shape that `wire.Protocol` describes."""

from analytics.ingestion.protocols import native, plausible, posthog, posthog_start, segment, umami, wire

PROTOCOLS: tuple[wire.Protocol, ...] = (native, segment, posthog, plausible, umami)
BY_PATH: dict[str, wire.Protocol] = {path: protocol for protocol in PROTOCOLS for path in protocol.PATHS}


def protocol_of(path: str) -> wire.Protocol | None:
    """The protocol that answers at a path (without its last slash)."""
    return BY_PATH.get(path) or (posthog if posthog_start.CONFIG.fullmatch(path) else None)
