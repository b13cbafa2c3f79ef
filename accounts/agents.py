"""A browser in the words of a person. No Django here."""

import ua_parser


def named(user_agent: str) -> str:
    """`Firefox on Linux`, or the beginning of what it calls itself."""
    found = ua_parser.parse(user_agent)
    parts = [part.family for part in (found.user_agent, found.os) if part is not None]
    return " on ".join(parts) or user_agent[:60] or "an unknown program"
