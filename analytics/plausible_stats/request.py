"""What Plausible's stats query asks (https://plausible.io/docs/stats-api). No Django here."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accounts.errors import Invalid

METRICS = (
    "visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration", "events", "percentage",
    "conversion_rate", "group_conversion_rate", "average_revenue", "total_revenue",
)  # fmt: skip
OF_VISITS = frozenset({"views_per_visit", "bounce_rate", "visit_duration"})
RATES = frozenset({"conversion_rate", "group_conversion_rate"})
REVENUE = frozenset({"average_revenue", "total_revenue"})
# Those that time and another dimension go with.
OF_BOTH = frozenset({"visitors", "visits", "pageviews", "events"})
TIMES = {"time": "auto", "time:hour": "hour", "time:day": "day", "time:week": "week", "time:month": "month"}
PROPERTY = "event:props:"
GOAL = "event:goal"
FIELDS = {
    "event:page": "path",
    "event:hostname": "host",
    GOAL: "name",
    **{
        f"visit:{name}": name
        for name in (
            "source", "channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "device",
            "browser", "os", "country",
        )
    },
    "visit:referrer": "referrer_host",
    "visit:entry_page": "entry_path",
    "visit:exit_page": "exit_path",
}  # fmt: skip
# Where an asterisk is any text.
PAGES = frozenset({"event:page", "visit:entry_page", "visit:exit_page"})


class Include(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    imports: bool = False
    time_labels: bool = False
    total_rows: bool = False


class Pagination(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(default=10_000, ge=1, le=10_000)
    offset: int = Field(default=0, ge=0)


class StatsQuery(BaseModel):
    """The query as it is sent; what it means is checked where it is translated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site_id: str = Field(min_length=1, max_length=253)
    date_range: str | tuple[str, str]
    metrics: tuple[str, ...] = Field(min_length=1, max_length=len(METRICS))
    dimensions: tuple[str, ...] = Field(default=(), max_length=2)
    filters: list[Any] = Field(default_factory=list, max_length=50)
    order_by: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    include: Include = Include()
    pagination: Pagination = Pagination()

    @property
    def time(self) -> str | None:
        """The dimension of time, if there is one."""
        return next((name for name in self.dimensions if name in TIMES), None)

    @property
    def others(self) -> tuple[str, ...]:
        """The dimensions other than time."""
        return tuple(name for name in self.dimensions if name not in TIMES)

    @property
    def by_goal(self) -> bool:
        return GOAL in self.dimensions

    @property
    def order(self) -> tuple[tuple[str, str], ...]:
        """As asked; else by time, or the first metric first."""
        if self.order_by:
            return self.order_by
        return ((self.time, "asc"),) if self.time else ((self.metrics[0], "desc"),)


def parsed(data: Any) -> StatsQuery:
    """Raises Invalid in one sentence, as Plausible's API does."""
    try:
        query = StatsQuery.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "query"
        raise Invalid(f"#/{place}: {first['msg']}") from error
    _check(query)
    return query


def _check(query: StatsQuery) -> None:
    for metric in query.metrics:
        if metric not in METRICS:
            raise Invalid(f"The metric '{metric}' is not supported; there are {', '.join(METRICS)}.")
    for dimension in set(query.dimensions).difference(TIMES):
        field_of(dimension)
    if len(set(query.dimensions)) < len(query.dimensions) or len(set(query.metrics)) < len(query.metrics):
        raise Invalid("Give each dimension and each metric once.")
    for name, _ in query.order_by:
        if name not in {*query.metrics, *query.dimensions}:
            raise Invalid(f"Invalid order_by entry '{name}': it is not among the metrics and dimensions.")
    _check_together(query)


def _check_together(query: StatsQuery) -> None:
    """What does not go with each other."""
    if len(set(TIMES).intersection(query.dimensions)) > 1:
        raise Invalid("Give one dimension of time.")
    if query.time and query.others and (wrong := frozenset(query.metrics) - OF_BOTH):
        raise Invalid(f"The metric '{min(wrong)}' is not supported with time and another dimension.")
    by_value = query.dimensions and not query.time
    of_visits = all(name.startswith("visit:") for name in query.dimensions)
    if by_value and not of_visits and (wrong := OF_VISITS.intersection(query.metrics)):
        raise Invalid(f"The metric '{min(wrong)}' cannot be mixed with event dimensions.")
    if "percentage" in query.metrics and not by_value:
        raise Invalid("The metric 'percentage' needs dimensions other than time.")
    if query.include.time_labels and not query.time:
        raise Invalid("Invalid include.time_labels: requires a time dimension.")


def field_of(dimension: str) -> str:
    """Our field of a dimension. Raises Invalid for one that there is not."""
    if dimension.startswith(PROPERTY) and dimension != PROPERTY:
        return f"properties.{dimension.removeprefix(PROPERTY)}"
    if dimension not in FIELDS:
        raise Invalid(f"The dimension '{dimension}' is not supported.")
    return FIELDS[dimension]
