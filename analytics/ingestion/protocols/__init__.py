"""The wire protocols, one module each, of the shape that `wire.Protocol` describes."""

from analytics.ingestion.protocols import native, segment, wire

PROTOCOLS: tuple[wire.Protocol, ...] = (native, segment)
BY_PATH: dict[str, wire.Protocol] = {path: protocol for protocol in PROTOCOLS for path in protocol.PATHS}
