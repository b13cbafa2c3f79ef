"""The state of the overview page, all of it in its address.

`?period=30d&compare=year&interval=week&metric=views&filter=source:is:Google,Bing&sources=channels`; a period of
its own is `from=2026-01-01&to=2026-01-31`. What is at its default is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlencode

from django.http import QueryDict

from accounts.errors import FieldError, Invalid
from analytics.kinds import parse_spec
from analytics.kinds.filters import NO_VALUES
from analytics.kinds.overview import OverviewSpec, Panel
from analytics.views.labels import REGIONS

DEFAULTS = {"period": "30d", "compare": "previous", "interval": "auto", "metric": "visitors", "event": ""}
# What the form that adds a filter sends; it becomes a filter of the address.
NEW_FIELD, NEW_PROPERTY, NEW_OPERATOR, NEW_VALUE = "new_field", "new_property", "new_operator", "new_value"


@dataclass(frozen=True, slots=True)
class FilterText:
    """One filter as the address carries it; whether it makes sense is the spec's to say."""

    field: str
    operator: str
    values: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "FilterText":
        name, _, rest = text.partition(":")
        operator, _, values = rest.partition(":")
        if operator in NO_VALUES:
            return cls(unquote(name), operator)
        return cls(unquote(name), operator, tuple(unquote(value) for value in values.split(",")))

    def __str__(self) -> str:
        # What parts is escaped inside of a part, and the escape sign with it.
        name = self.field.replace("%", "%25").replace(":", "%3A")
        values = ",".join(value.replace("%", "%25").replace(",", "%2C") for value in self.values)
        return f"{name}:{self.operator}:{values}" if self.values else f"{name}:{self.operator}"


@dataclass(frozen=True, slots=True)
class Address:
    choices: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    first: str = ""
    last: str = ""
    filters: tuple[FilterText, ...] = ()
    tabs: Mapping[str, Panel] = field(default_factory=dict)

    @classmethod
    def of(cls, query: QueryDict) -> "Address":
        return cls(
            choices={name: query.get(name) or default for name, default in DEFAULTS.items()},
            first=query.get("from", ""),
            last=query.get("to", ""),
            filters=tuple(FilterText.parse(text) for text in query.getlist("filter") if text),
            tabs={region: _tab(region, query.get(region, "")) for region in REGIONS},
        )

    def with_new_filter(self, query: QueryDict) -> "Address":
        """This address with what the filter form sent, if it sent one."""
        name, operator = query.get(NEW_FIELD, ""), query.get(NEW_OPERATOR, "is")
        own = query.get(NEW_PROPERTY, "").strip()
        name = f"properties.{own}" if name == "properties" and own else name
        value = query.get(NEW_VALUE, "").strip()
        if not name or (not value and operator not in NO_VALUES):
            return self
        values = tuple(part.strip() for part in value.split(",")) if operator == "between" else (value,)
        return self.adding(FilterText(name, operator, () if operator in NO_VALUES else values))

    def adding(self, item: FilterText) -> "Address":
        return replace(self, filters=(*(kept for kept in self.filters if kept != item), item))

    def without(self, item: FilterText) -> "Address":
        return replace(self, filters=tuple(kept for kept in self.filters if kept != item))

    def choosing(self, **choices: str) -> "Address":
        """Another period, comparison, interval, metric or event; a named period ends one of its own."""
        days = ("", "") if "period" in choices else (self.first, self.last)
        return replace(self, choices={**self.choices, **choices}, first=days[0], last=days[1])

    def showing(self, region: str, panel: Panel) -> "Address":
        return replace(self, tabs={**self.tabs, region: panel})

    @property
    def has_own_period(self) -> bool:
        return bool(self.first and self.last)

    def pairs(self, *leave_out: str) -> list[tuple[str, str]]:
        """The parameters, in one order, without those at their default."""
        pairs = [(name, value) for name, value in self.choices.items() if value != DEFAULTS[name]]
        if self.has_own_period:
            pairs = [pair for pair in pairs if pair[0] != "period"]
            pairs += [("from", self.first), ("to", self.last)]
        pairs += [("filter", str(item)) for item in self.filters]
        pairs += [(region, panel.value) for region, panel in self.tabs.items() if panel != REGIONS[region][0]]
        return [pair for pair in pairs if pair[0] not in leave_out]

    @property
    def query(self) -> str:
        """`?…`, or `?` alone, which is the page at its defaults."""
        return "?" + urlencode(self.pairs(), safe=":,/")

    def spec(self, *, panels: Sequence[Panel], limit: int = 10) -> OverviewSpec:
        """The query that this address asks for; raises Invalid naming the parameter that is wrong."""
        period: dict[str, Any] = {"last": self.choices["period"]}
        if self.first or self.last:
            period = {"from": self.first, "to": self.last}
        spec = parse_spec(
            {
                "kind": "overview",
                "period": period,
                "compare": self.choices["compare"],
                "interval": self.choices["interval"],
                "metric": self.choices["metric"],
                "event": self.choices["event"],
                "filters": [
                    {"field": item.field, "operator": item.operator, "values": list(item.values)}
                    for item in self.filters
                ],
                "panels": list(panels),
                "limit": limit,
            }
        )
        if not isinstance(spec, OverviewSpec):
            raise Invalid("The query is not valid.", fields=[FieldError("kind", "Must be overview.")])
        return spec


def _tab(region: str, name: str) -> Panel:
    panels = REGIONS[region]
    return next((panel for panel in panels if panel == name), panels[0])
