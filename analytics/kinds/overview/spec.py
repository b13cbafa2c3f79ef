"""What may be asked of the overview. No Django here."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from analytics.kinds.base import Spec
from analytics.periods import Compare, Interval

DEFINITION = (
    "Sessions are formed from all of a person's events inside the period: a gap of more than 30 minutes or a "
    "length of more than 24 hours begins a new one, and so does the period's edge. A session has the source, "
    "channel, campaign, referrer, country, device, browser and system of its first event, the entry page of its"
    " first view and the exit page of its last; a filter on one of these keeps whole sessions. A filter on "
    "anything else keeps events, and sessions count that have a kept event. A group of filters that looks at "
    "both is judged for each event, which has from its session what the session has one of. Visitors are the "
    "distinct people of the kept events; views the kept page and screen events; events the kept custom events. "
    "A bounce is a session with at most one view and no custom event; bounce rate is bounces divided by "
    "sessions, and under a filter on the path, or a group of filters on nothing else, bounces and sessions are "
    "those that enter on a path that matches. Duration is the mean over sessions of the seconds from the first "
    "to the last event, a bounce counting 0. In the chart a session belongs to the interval in which it starts."
    " Events of one instant are in the order of their receipt, then of their message ids."
)


class Metric(StrEnum):
    VISITORS = "visitors"
    SESSIONS = "sessions"
    VIEWS = "views"
    BOUNCE_RATE = "bounce_rate"
    DURATION = "duration"
    EVENTS = "events"


class Panel(StrEnum):
    FIGURES = "figures"
    CHART = "chart"
    SOURCES = "sources"
    CHANNELS = "channels"
    CAMPAIGNS = "campaigns"
    PAGES = "pages"
    ENTRY_PAGES = "entry_pages"
    EXIT_PAGES = "exit_pages"
    COUNTRIES = "countries"
    DEVICES = "devices"
    BROWSERS = "browsers"
    SYSTEMS = "systems"
    EVENTS = "events"


# The field that a table ranks, which a click on one of its rows filters by.
TABLE_FIELDS: dict[Panel, str] = {
    Panel.SOURCES: "source",
    Panel.CHANNELS: "channel",
    Panel.CAMPAIGNS: "utm_campaign",
    Panel.PAGES: "path",
    Panel.ENTRY_PAGES: "entry_path",
    Panel.EXIT_PAGES: "exit_path",
    Panel.COUNTRIES: "country",
    Panel.DEVICES: "device",
    Panel.BROWSERS: "browser",
    Panel.SYSTEMS: "os",
    Panel.EVENTS: "name",
}


def _each_once(panels: tuple[Panel, ...]) -> tuple[Panel, ...]:
    return tuple(dict.fromkeys(panels))


class OverviewSpec(Spec):
    """Figures, chart and tables of a period, compared with another."""

    definition: ClassVar[str] = DEFINITION

    kind: Literal["overview"] = "overview"
    compare: Compare = Compare.PREVIOUS
    interval: Interval = Interval.AUTO
    metric: Metric = Field(default=Metric.VISITORS, description="What the chart shows.")
    event: str = Field(
        default="", max_length=500, description="The custom event that 'events' counts; all of them if empty."
    )
    panels: Annotated[tuple[Panel, ...], AfterValidator(_each_once)] = tuple(Panel)
    limit: int = Field(default=10, ge=1, le=1000, description="Rows of a table.")
