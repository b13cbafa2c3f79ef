"""Paths with the ids in them replaced, so that one page is one step. No Django here."""

import re
from typing import Annotated

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_RULES = 20


def _plain_pattern(pattern: str) -> str:
    """A pattern of RE2, which both engines use, without groups of its own: they would shift the rule's."""
    if re.search(r"\((?!\?)|\(\?P?<", re.sub(r"\\.", "", pattern)):
        raise ValueError("Groups do not capture here: write (?:…).")
    try:
        pc.match_substring_regex(pa.nulls(1, pa.string()), pattern=pattern)
    except pa.ArrowInvalid as error:
        raise ValueError(f"Not a regular expression: {error}") from error
    return pattern


class CleaningRule(BaseModel):
    """A part of a path (what stands between two slashes) that the pattern matches as a whole is replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_plain_pattern)] = Field(
        description="A regular expression in RE2 syntax for the whole part, without capturing groups."
    )
    replacement: str = Field(
        max_length=100, pattern=r"^[^\\/?#]*$", description="What stands there instead, such as :id."
    )


DEFAULT_RULES = (
    CleaningRule(pattern="[0-9]+", replacement=":number"),
    CleaningRule(pattern="(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", replacement=":uuid"),
    CleaningRule(pattern="(?i:[0-9a-f]{16,})", replacement=":hash"),
)


def cleaned(path: ir.StringValue, rules: tuple[CleaningRule, ...]) -> ir.StringValue:
    """A path after all rules, in their order."""
    for rule in rules:
        # A match takes the slash that the next part begins with, so neighbours are found the second time.
        for _ in range(2):
            path = path.re_replace(f"(^|/)(?:{rule.pattern})(/|[?]|#|$)", f"\\1{rule.replacement}\\2")
    return path
