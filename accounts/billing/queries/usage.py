"""A month's usage from the ledger's sums: by day, project, model and meter, and where it will end."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Min, Sum

from accounts.billing.forecast import LOOK_BACK, Forecast, forecast
from accounts.billing.meters import TOKENS, Meter
from accounts.billing.months import month_after, month_of
from accounts.models import UsageDay

_ORDER = ("events", "tokens", "cost")


@dataclass(frozen=True, slots=True)
class Sums:
    """What was used of one meter on a day (UTC); `project_id` is None for what is of no project."""

    day: date
    project_id: int | None
    meter: Meter
    model: str
    currency: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """A model's tokens of the month by kind, and their cost in micro-units by currency."""

    model: str
    by_meter: Mapping[Meter, int]
    costs: Mapping[str, int]

    @property
    def tokens(self) -> int:
        return sum(self.by_meter.values())


@dataclass(frozen=True, slots=True)
class MeterForecast:
    """Where events, tokens or a cost of a currency will be at the month's end."""

    of: str
    currency: str
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Metered:
    """A month of the ledger: its sums in the order of days, tokens by day and model (the largest first), costs.

    Forecasts are of the running month only, of what was used in it or in the week before.
    """

    month: date
    sums: tuple[Sums, ...]
    tokens: int
    tokens_by_day: Mapping[date, int]
    by_model: tuple[ModelUsage, ...]
    costs: Mapping[str, int]
    forecasts: tuple[MeterForecast, ...]

    def forecast_of(self, of: str, currency: str = "") -> Forecast | None:
        found = (item.forecast for item in self.forecasts if (item.of, item.currency) == (of, currency))
        return next(found, None)


def metered(organization_id: int, *, month: date, now: datetime, named: Collection[int]) -> Metered:
    """The month that begins on this day. Projects that are not `named` are summed up as if they were none."""
    running = month == month_of(now)
    first = month - timedelta(days=LOOK_BACK) if running else month
    everything = _sums(organization_id, first, month_after(month))
    sums = tuple(_as_known([entry for entry in everything if entry.day >= month], named))
    return Metered(
        month=month,
        sums=sums,
        tokens=sum(entry.quantity for entry in sums if entry.meter in TOKENS),
        tokens_by_day=_by_day(entry for entry in sums if entry.meter in TOKENS),
        by_model=_by_model(sums),
        costs=_costs(sums),
        forecasts=_forecasts(organization_id, everything, now) if running else (),
    )


def tokens_used(organization_id: int, *, month: date) -> int:
    """The tokens of all models in the month."""
    found = UsageDay.objects.filter(
        organization=organization_id, day__gte=month, day__lt=month_after(month), meter__in=TOKENS
    ).aggregate(sum=Sum("quantity", default=0))
    return int(found["sum"])


def months_with_usage(organization_id: int) -> set[date]:
    """The first days of the months in which something was used."""
    return set(UsageDay.objects.filter(organization=organization_id).dates("day", "month"))


def _sums(organization_id: int, first: date, after: date) -> list[Sums]:
    rows = UsageDay.objects.filter(organization=organization_id, day__gte=first, day__lt=after).exclude(quantity=0)
    return [
        Sums(row.day, row.project_id or None, Meter(row.meter), row.model, row.currency, row.quantity)
        for row in rows.order_by("day", "meter", "project_id", "model", "currency")
    ]


def _as_known(sums: Iterable[Sums], named: Collection[int]) -> list[Sums]:
    found: dict[Sums, int] = {}
    for entry in sums:
        project = entry.project_id if entry.project_id in named else None
        same = replace(entry, project_id=project, quantity=0)
        found[same] = found.get(same, 0) + entry.quantity
    return [replace(entry, quantity=quantity) for entry, quantity in found.items()]


def _by_day(entries: Iterable[Sums]) -> dict[date, int]:
    found: defaultdict[date, int] = defaultdict(int)
    for entry in entries:
        found[entry.day] += entry.quantity
    return dict(found)


def _by_model(sums: Iterable[Sums]) -> tuple[ModelUsage, ...]:
    of_model: defaultdict[str, list[Sums]] = defaultdict(list)
    for entry in sums:
        if entry.model:
            of_model[entry.model].append(entry)
    found = [
        ModelUsage(
            model,
            {meter: sum(entry.quantity for entry in entries if entry.meter is meter) for meter in TOKENS},
            _costs(entries),
        )
        for model, entries in of_model.items()
    ]
    return tuple(sorted(found, key=lambda usage: (-usage.tokens, usage.model)))


def _costs(sums: Iterable[Sums]) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for entry in sums:
        if entry.meter is Meter.COST:
            found[entry.currency] += entry.quantity
    return dict(sorted(found.items()))


def _what(entry: Sums) -> tuple[str, str]:
    """What an entry is a part of: events, tokens of all kinds and models, or costs of a currency."""
    if entry.meter in TOKENS:
        return "tokens", ""
    return ("events", "") if entry.meter is Meter.EVENTS else ("cost", entry.currency)


def _forecasts(organization_id: int, everything: list[Sums], now: datetime) -> tuple[MeterForecast, ...]:
    parts: defaultdict[tuple[str, str], list[Sums]] = defaultdict(list)
    for entry in everything:
        parts[_what(entry)].append(entry)
    since = _first_days(organization_id)
    told = sorted(parts, key=lambda what: (_ORDER.index(what[0]), what[1]))
    made = [(what, forecast(_by_day(parts[what]), since=since.get(what), now=now)) for what in told]
    return tuple(MeterForecast(*what, found) for what, found in made if found)


def _first_days(organization_id: int) -> dict[tuple[str, str], date]:
    rows = UsageDay.objects.filter(organization=organization_id).values("meter", "currency")
    found: dict[tuple[str, str], date] = {}
    for row in rows.annotate(first=Min("day")).order_by():
        what = _what(Sums(row["first"], None, Meter(row["meter"]), "", row["currency"], 0))
        found[what] = min(row["first"], found.get(what, row["first"]))
    return found
