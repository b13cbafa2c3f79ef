"""Cells that no spreadsheet runs. No Django here."""

from typing import Any

# What a spreadsheet takes for the start of a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_text(cell: Any) -> Any:
    """The cell; text that looks like a formula gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
