"""Revenue over a list of events."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from analytics.periods import Days
from tests.oracle import samples, trends
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, keeps, value_of, within


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    fields = ["path", "source", "person", "properties.größe", "cohort.2"]
    names = st.sampled_from([
        (["Buy"], []),
        (["Buy", "Größe geändert"], ["Sign up"]),
        (["page", "Buy"], ["Größe geändert"]),
    ])  # fmt: skip
    whole = st.fixed_dictionaries({
        "kind": st.just("revenue"),
        "period": samples.periods(day),
        "compare": st.sampled_from(["none", "none", "previous", "year"]),
        "interval": st.sampled_from(["auto", "hour", "day", "week", "month"]),
        "filters": samples.filters(of_sessions=False),
        "property": st.sampled_from(["price", "price", "properties.Price", "nowhere"]),
        "currency": st.sampled_from(["", "", "CHF"]),
        "currency_property": st.sampled_from(["currency", "properties.größe", "nowhere"]),
        "decimals": st.sampled_from([0, 1, 2, 6]),
        "breakdown": st.lists(st.sampled_from(fields), max_size=2, unique=True),
        "limit": st.sampled_from([1, 2, 10]),
    })  # fmt: skip
    return st.builds(lambda spec, pair: spec | {"events": pair[0], "refund_events": pair[1]}, whole, names)


def amount(spec: Any, fact: Fact) -> int | None:
    """What an event brings in the smallest units, negative for a refund; None without a usable amount."""
    value = value_of(fact, f"properties.{spec.property}")
    if not isinstance(value, int | float):
        return None
    units = Decimal(abs(float(value)) * 10.0**spec.decimals)
    if units >= 10**15:
        return None
    whole = int(units.quantize(Decimal(1), ROUND_HALF_UP))
    return -whole if value < 0 or fact.event.name in spec.refund_events else whole


def currency(spec: Any, fact: Fact) -> str:
    if spec.currency:
        return str(spec.currency)
    (text,) = trends.group(fact, [f"properties.{spec.currency_property}"])
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else text


def money(spec: Any, facts: list[Fact]) -> list[Any]:
    amounts = [(fact.person, amount(spec, fact) or 0) for fact in facts]
    gross = sum(value for _, value in amounts if value > 0)
    refunded = -sum(value for _, value in amounts if value < 0)
    orders = sum(value > 0 for _, value in amounts)
    people = len({person for person, value in amounts if value > 0})
    return [
        gross,
        refunded,
        gross - refunded,
        orders,
        sum(value < 0 for _, value in amounts),
        people,
        close((gross - refunded) / people if people else None),
        close(gross / orders if orders else None),
    ]


def listed(found: Any) -> list[Any]:
    return [
        found.gross,
        found.refunded,
        found.net,
        found.orders,
        found.refunds,
        found.people,
        found.per_person,
        found.per_order,
    ]


def chosen(asked: Asked, facts: list[Fact], days: Days) -> list[Fact]:
    spec = asked.spec
    return [
        fact
        for fact in within(facts, days.first, days.last, asked.zone)
        if fact.event.name in {*spec.events, *spec.refund_events}
        and all(keeps(fact, item) for item in spec.filters)
    ]


def ranked(orders: Counter[Any], limit: int) -> list[Any]:
    return sorted(orders, key=lambda item: (-orders[item], item))[:limit]


def check(asked: Asked, facts: list[Fact]) -> None:
    spec, result = asked.spec, asked.answer()
    named = chosen(asked, facts, asked.days)
    current = [fact for fact in named if amount(spec, fact) is not None]
    before = chosen(asked, facts, asked.before) if asked.before else []
    assert result.unusable == len(named) - len(current)
    assert result.more_currencies == 0
    by_currency: Counter[Any] = Counter()
    by_group: Counter[Any] = Counter()
    for fact in current:
        is_order = (amount(spec, fact) or 0) > 0
        by_currency[currency(spec, fact)] += is_order
        by_group[trends.group(fact, spec.breakdown)] += is_order
    shown = ranked(by_group, spec.limit) if spec.breakdown else []
    expected = [
        (code, group, other, own)
        for code in ranked(by_currency, 20)
        for group, other, own in lines(spec, [fact for fact in current if currency(spec, fact) == code], shown)
    ]
    assert [(line.currency, line.group, line.other) for line in result.lines] == [line[:3] for line in expected]
    for line, (code, *_, own) in zip(result.lines, expected, strict=True):
        earlier = [fact for fact in before if currency(spec, fact) == code]
        check_line(asked, result, line, own, part(spec, earlier, line, shown))


def lines(spec: Any, own: list[Fact], shown: list[Any]) -> list[tuple[Any, bool, list[Fact]]]:
    """All of a currency, then each of its groups that it has, then the others."""
    groups = [
        (group, False, [fact for fact in own if trends.group(fact, spec.breakdown) == group]) for group in shown
    ]
    others = [fact for fact in own if trends.group(fact, spec.breakdown) not in shown] if spec.breakdown else []
    return [(None, False, own), *(line for line in [*groups, (None, True, others)] if line[2])]


def part(spec: Any, facts: list[Fact], line: Any, shown: list[Any]) -> list[Fact]:
    if line.group is not None:
        return [fact for fact in facts if trends.group(fact, spec.breakdown) == line.group]
    return [fact for fact in facts if not line.other or trends.group(fact, spec.breakdown) not in shown]


def check_line(asked: Asked, result: Any, line: Any, current: list[Fact], before: list[Fact]) -> None:
    assert listed(line.total) == money(asked.spec, current)
    check_values(asked, result.interval, line.values, current, asked.days)
    assert (line.previous_total is None) == (line.previous_values is None) == (asked.before is None)
    if asked.before:
        assert listed(line.previous_total) == money(asked.spec, before)
        check_values(asked, result.interval, line.previous_values, before, asked.before)


def check_values(asked: Asked, interval: str, values: Any, facts: list[Fact], days: Days) -> None:
    expected = [
        money(asked.spec, [fact for fact in facts if asked.label(fact.at, interval) == name])
        for name in asked.labels(days, interval)
    ]
    assert [listed(value) for value in values] == expected
