"""The control row: menus of links, chips, and what the form keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics.fields import PERSON
from analytics.kinds.filters import COHORT_OPERATORS
from analytics.kinds.overview import OverviewSpec
from analytics.models import Project
from analytics.periods import choose_interval, days_of, today_in
from analytics.templatetags.formats import day_range
from analytics.views.address import Address, FilterText
from analytics.views.labels import COMPARISONS, FILTER_FIELDS, INTERVALS, OPERATORS, PERIODS, field_label
from analytics.views.values import value_label


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu of links; `label` says what is chosen, `name` what the choice is about."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Controls:
    """What the template of the control row needs."""

    period: Menu
    compare: Menu
    interval: Menu
    chips: tuple[Chip, ...]
    clear: str
    hidden: tuple[tuple[str, str], ...]
    without_period: tuple[tuple[str, str], ...]
    first: str
    last: str
    days: str
    cohorts: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    operators: tuple[tuple[str, str], ...]


def controls(
    address: Address, spec: OverviewSpec, project: Project, now: datetime, cohorts: Mapping[int, str]
) -> Controls:
    """`cohorts` are the project's, by id: their names."""
    days = days_of(spec.period, today=today_in(project.zone, now))
    words = day_range(days.first, days.last)
    period = _menu("period", "Period", PERIODS, address)
    if address.has_own_period:
        choices = tuple(Choice(choice.label, choice.href, False) for choice in period.choices)
        period = Menu(period.name, words, choices)
    return Controls(
        period=period,
        compare=_menu("compare", "Compare with", COMPARISONS, address),
        interval=_menu(
            "interval", "Interval", INTERVALS, address, INTERVALS[choose_interval(spec.interval, days)]
        ),
        chips=tuple(Chip(filter_words(item, cohorts), address.without(item).query) for item in address.filters),
        clear=_cleared(address).query,
        hidden=tuple(address.pairs()),
        without_period=tuple(address.pairs("period", "from", "to")),
        first=str(days.first),
        last=str(days.last),
        days=words,
        cohorts=_cohorts(cohorts),
        fields=tuple(FILTER_FIELDS.items()),
        operators=tuple((name, words) for name, words in OPERATORS.items() if name not in COHORT_OPERATORS),
    )


def _cohorts(cohorts: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """The filters by a cohort, as the address has them, and in words."""
    filters = (
        FilterText(PERSON, operator, (str(cohort),)) for cohort in cohorts for operator in sorted(COHORT_OPERATORS)
    )
    return tuple((str(item), filter_words(item, cohorts)) for item in filters)


def filter_words(item: FilterText, cohorts: Mapping[int, str]) -> str:
    if item.operator in COHORT_OPERATORS:
        called = (cohorts.get(int(value), value) if value.isdecimal() else value for value in item.values)
        return f"{OPERATORS[item.operator].removeprefix('is ').capitalize()} {' or '.join(called)}"
    values = " or ".join(value_label(item.field, value) for value in item.values)
    return f"{field_label(item.field)} {OPERATORS.get(item.operator, item.operator)} {values}".strip()


def _cleared(address: Address) -> Address:
    for item in address.filters:
        address = address.without(item)
    return address


def _menu(name: str, about: str, options: dict[str, str], address: Address, label: str = "") -> Menu:
    chosen = address.choices[name]
    choices = tuple(
        Choice(text, address.choosing(**{name: value}).query, value == chosen) for value, text in options.items()
    )
    return Menu(about, label or options.get(chosen, chosen), choices)
