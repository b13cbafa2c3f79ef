"""Why a question has no answer, in words that say what to do next. No Django here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """`asks_again` where the same question may be answered later; `is_of_plan` where another plan allows it."""

    title: str
    text: str
    advice: str
    asks_again: bool = False
    is_of_plan: bool = False


_LESS = "Choose fewer days, filter by what you look for, or leave out a breakdown."
_KNOWN: Mapping[str, tuple[str, str, bool]] = {
    "deadline_exceeded": ("This took too long", _LESS, True),
    "query_too_large": ("This reads more than your plan allows", _LESS, False),
    "rate_limited": ("Too much is asked at once", "It is asked again by itself in a moment.", True),
    "forbidden": ("You may not ask about this", "Leave out what is named here, or ask an owner or admin.", False),
    "invalid": ("This cannot be computed", "Change what is named here, then choose Show.", False),
    "cancelled": ("Cancelled", "Nothing is computed any more. Change the question, or ask it again.", True),
    "not_ready": ("A cohort is not computed yet", "It is computed within seconds of a change.", True),
    "unavailable": ("The answer is not there", "Try again in a moment.", True),
}
_BROKEN = ("Something broke on our side", "It has been logged. Try again in a moment.", True)


def problem_of(error: Mapping[str, Any]) -> Problem:
    """From what an error's envelope says: its code and message, and the fields at fault."""
    code = str(error.get("code", ""))
    title, advice, asks_again = _KNOWN.get(code, _BROKEN)
    fields = error.get("fields") or ()
    text = " ".join([str(error.get("message", "")), *(f"{one['field']}: {one['message']}" for one in fields)])
    return Problem(title, text, advice, asks_again=asks_again, is_of_plan=code == "query_too_large")
