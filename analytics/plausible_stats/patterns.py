"""What Plausible compares other than by equal letters: asterisks, and letters of either case. No Django here."""

import re
from typing import Any


def regex_of(text: str, *, any_case: bool = False) -> str:
    """A regular expression (RE2) of a whole text, in which an asterisk is any text."""
    inside = ".*".join(re.escape(part) for part in re.split(r"\*+", text))
    return rf"{'(?is)' if any_case else '(?s)'}\A{inside}\z"


def literal_of(text: str, *, is_whole: bool) -> str:
    """A regular expression of a text in letters of either case."""
    return rf"(?i)\A{re.escape(text)}\z" if is_whole else f"(?i){re.escape(text)}"


def text_filter(field: str, operator: str, values: list[Any], *, any_case: bool) -> dict[str, Any]:
    """Our filter for `is` or `contains`."""
    if not any_case:
        return {"field": field, "operator": operator, "values": values}
    patterns = [literal_of(str(value), is_whole=operator == "is") for value in values]
    return {"field": field, "operator": "matches", "values": patterns}
