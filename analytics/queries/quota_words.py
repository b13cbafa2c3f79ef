"""What a standing means, in the words that pages and mails use. No HTML."""

from analytics.queries.quota import Standing, State

HEADLINES = {
    State.OK: "Within the quota",
    State.WARN: "Close to the quota",
    State.OVER: "Over the quota",
    State.REFUSED: "Events are refused",
}


def headline(found: Standing) -> str:
    """The state in a few words; empty without a quota."""
    return HEADLINES[found.state] if found.quota else "No limit"


def notice(found: Standing) -> str:
    """The same at the head of a notice, which begins at half of the quota."""
    return "Half of the quota is used" if found.is_half_used else headline(found)


def used(found: Standing) -> str:
    """`81,250 of 100,000 events`, with the share; without a quota the events alone."""
    if found.quota is None:
        return f"{found.used:,} events"
    # Rounded down: what is not reached never reads as reached.
    return f"{found.used:,} of {found.quota:,} events ({found.used * 100 // found.quota} %)"


def sentence(found: Standing) -> str:
    """What happens now, and what happens next."""
    if found.quota is None:
        return "The plan has no quota: every event is kept."
    if found.state is State.REFUSED:
        return (
            f"{used(found)} are used. New events are refused with an error, and counted, until {reset(found)} or "
            "until the plan is raised."
        )
    return f"{used(found)} are used. {_next(found)}"


def reset(found: Standing) -> str:
    """`1 December 2026, 00:00 UTC`."""
    return f"{found.resets_at.day} {found.resets_at:%B %Y, %H:%M} UTC"


def _next(found: Standing) -> str:
    if found.refused_from is None:
        return "Events are kept over the quota as well."
    until = f"{found.refused_from:,} events ({found.limits.refuse_from} %)"
    if found.state is State.OVER:
        return f"Events are still kept, up to {until}; then they are refused until {reset(found)}."
    return f"Events are kept up to {until}; from there on they are refused until {reset(found)}."
