"""What Plausible's stats query asks (https://plausible.io/docs/stats-api). No Django here."""

from datetime import date, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from accounts.errors import Invalid
from analytics.periods import ONE_DAY, add_months

METRICS = (
    "visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration", "events", "percentage",
)  # fmt: skip
OF_VISITS = frozenset({"views_per_visit", "bounce_rate", "visit_duration"})
TIMES = {"time": "auto", "time:hour": "hour", "time:day": "day", "time:week": "week", "time:month": "month"}
PROPERTY = "event:props:"
FIELDS = {
    "event:page": "path",
    "event:hostname": "host",
    "event:goal": "name",
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
OPERATORS = {
    "is": "is", "is_not": "is_not", "contains": "contains", "contains_not": "does_not_contain",
    "does_not_contain": "does_not_contain", "matches": "matches",
}  # fmt: skip
_DAYS = {"7d": 7, "28d": 28, "30d": 30, "91d": 91}
_MONTHS = {"6mo": 6, "12mo": 12}


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
        """The dimension of time, if it is the one."""
        return self.dimensions[0] if self.dimensions and self.dimensions[0] in TIMES else None

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
    if len(query.dimensions) > 1 and set(TIMES).intersection(query.dimensions):
        raise Invalid("A dimension of time stands alone; another one beside it is not supported.")
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


def days_of(given: str | tuple[str, str], *, today: date, first_day: date) -> tuple[date, date]:
    """First and last day. `7d` and the like are that many days before today; months those before this one."""
    if isinstance(given, tuple):
        return _day(given[0]), _day(given[1])
    month = today.replace(day=1)
    if given in _DAYS:
        return today - timedelta(days=_DAYS[given]), today - ONE_DAY
    if given in _MONTHS:
        return add_months(month, -_MONTHS[given]), month - ONE_DAY
    named = {
        "day": (today, today),
        "month": (month, today),
        "year": (today.replace(month=1, day=1), today),
        "all": (min(first_day, today), today),
    }
    if given not in named:
        raise Invalid(f"Invalid date_range '{given}'.")
    return named[given]


def _day(text: str) -> date:
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text)
        datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"Invalid date_range '{text}'.") from error
    raise Invalid(f"Invalid date_range '{text}': times of day are not supported, give whole days.")
