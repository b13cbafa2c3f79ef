"""Plausible's stats query, answered by our kinds."""

from analytics.queries.plausible_stats.answer import answer

__all__ = ("answer",)
