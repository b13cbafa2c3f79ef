"""Numbers over time: several series, broken down and compared."""

from analytics.kinds.trends.result import Line, TrendsResult
from analytics.kinds.trends.spec import DEFINITION, Aggregation, TrendSeries, TrendsSpec

__all__ = ("DEFINITION", "Aggregation", "Line", "TrendSeries", "TrendsResult", "TrendsSpec")
