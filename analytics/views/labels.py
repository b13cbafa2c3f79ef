"""What metrics, panels, periods and filters are called, and the sentence that says what each number means."""

from collections.abc import Callable
from dataclasses import dataclass

from analytics.fields import FIELDS, PROPERTY_PREFIX
from analytics.kinds.filters import Operator
from analytics.kinds.overview import Metric, Panel
from analytics.periods import Compare, Interval, Last
from analytics.templatetags.formats import duration, number, percent, short_number, short_percent


@dataclass(frozen=True, slots=True)
class MetricWords:
    """`unit` is that of the chart's axis; `more_is_good` is None where a change is neither good nor bad."""

    label: str
    definition: str
    unit: str = "count"
    more_is_good: bool = True

    @property
    def format(self) -> Callable[[float | None], str]:
        return {"count": number, "fraction": percent, "seconds": duration}[self.unit]

    @property
    def axis(self) -> Callable[[float], str]:
        return {"count": short_number, "fraction": short_percent, "seconds": duration}[self.unit]


METRICS: dict[Metric, MetricWords] = {
    Metric.VISITORS: MetricWords(
        "Visitors", "Distinct people with at least one event. Someone who comes back is counted once."
    ),
    Metric.SESSIONS: MetricWords(
        "Sessions", "A person's consecutive events, with no gap over 30 minutes and 24 hours at most."
    ),
    Metric.VIEWS: MetricWords("Views", "Pages and screens that were seen."),
    Metric.BOUNCE_RATE: MetricWords(
        "Bounce rate",
        "Sessions with at most one view and no custom event, as a share of all sessions.",
        unit="fraction",
        more_is_good=False,
    ),
    Metric.DURATION: MetricWords(
        "Duration",
        "Mean time from a session's first event to its last. A session of one event counts zero.",
        unit="seconds",
    ),
    Metric.EVENTS: MetricWords("Events", "Custom events: everything that you track by a name of your own."),
}

PANELS: dict[Panel, str] = {
    Panel.SOURCES: "Sources",
    Panel.CHANNELS: "Channels",
    Panel.CAMPAIGNS: "Campaigns",
    Panel.PAGES: "Pages",
    Panel.ENTRY_PAGES: "Entry pages",
    Panel.EXIT_PAGES: "Exit pages",
    Panel.COUNTRIES: "Countries",
    Panel.DEVICES: "Devices",
    Panel.BROWSERS: "Browsers",
    Panel.SYSTEMS: "Systems",
    Panel.EVENTS: "Events",
}

# The cards of the page, and the panels that each shows as tabs.
REGIONS: dict[str, tuple[Panel, ...]] = {
    "sources": (Panel.SOURCES, Panel.CHANNELS, Panel.CAMPAIGNS),
    "pages": (Panel.PAGES, Panel.ENTRY_PAGES, Panel.EXIT_PAGES),
    "places": (Panel.COUNTRIES,),
    "devices": (Panel.DEVICES, Panel.BROWSERS, Panel.SYSTEMS),
    "events": (Panel.EVENTS,),
}
REGION_LABELS = {
    "sources": "Sources",
    "pages": "Pages",
    "places": "Countries",
    "devices": "Devices",
    "events": "Events",
}

PERIODS: dict[str, str] = {
    Last.TODAY: "Today",
    Last.YESTERDAY: "Yesterday",
    Last.DAYS_7: "Last 7 days",
    Last.DAYS_30: "Last 30 days",
    Last.DAYS_90: "Last 90 days",
    Last.THIS_MONTH: "This month",
    Last.LAST_MONTH: "Last month",
    Last.THIS_YEAR: "This year",
    Last.MONTHS_6: "Last 6 months",
    Last.MONTHS_12: "Last 12 months",
}
COMPARISONS: dict[str, str] = {
    Compare.PREVIOUS: "vs previous period",
    Compare.YEAR: "vs last year",
    Compare.NONE: "No comparison",
}
INTERVALS: dict[str, str] = {
    Interval.AUTO: "Automatic",
    Interval.HOUR: "By hour",
    Interval.DAY: "By day",
    Interval.WEEK: "By week",
    Interval.MONTH: "By month",
}

OPERATORS: dict[str, str] = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.CONTAINS: "contains",
    Operator.DOES_NOT_CONTAIN: "does not contain",
    Operator.MATCHES: "matches",
    Operator.GREATER: "is greater than",
    Operator.LESS: "is less than",
    Operator.BETWEEN: "is between",
    Operator.IS_SET: "is set",
    Operator.IS_NOT_SET: "is not set",
    Operator.IN_COHORT: "is in cohort",
    Operator.NOT_IN_COHORT: "is not in cohort",
}
_FIELD_LABELS = {
    "name": "Event",
    "os": "System",
    "path": "Page",
    "entry_path": "Entry page",
    "exit_path": "Exit page",
    "utm_campaign": "Campaign",
    "utm_source": "UTM source",
    "utm_medium": "UTM medium",
    "utm_term": "UTM term",
    "utm_content": "UTM content",
    "referrer_host": "Referrer",
    "user_id": "User id",
    "group_id": "Group id",
}


# Before a cohort's name, where it is a field.
COHORT_WORDS = "Cohort: "


def field_label(field: str) -> str:
    if field.startswith(COHORT_WORDS):
        return field
    if field.startswith(PROPERTY_PREFIX):
        return field.removeprefix(PROPERTY_PREFIX)
    return _FIELD_LABELS.get(field, field.capitalize())


FILTER_FIELDS: dict[str, str] = dict(
    sorted(((field, field_label(field)) for field in FIELDS), key=lambda pair: pair[1].lower())
)
