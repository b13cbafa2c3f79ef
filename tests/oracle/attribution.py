"""Attribution over a list of events."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.oracle import samples
from tests.oracle.asked import Asked, close
from tests.oracle.facts import Fact, keeps, session_value, sessions_of, since, value_of

TOUCHES = ["source", "country", "entry_path", "exit_path", "channel"]


def specs(day: Any) -> st.SearchStrategy[dict[str, Any]]:
    models = st.lists(st.sampled_from(["first", "last", "linear"]), min_size=1, max_size=3, unique=True)
    return st.fixed_dictionaries({
        "kind": st.just("attribution"),
        "period": samples.periods(day),
        "filters": samples.filters(of_sessions=False),
        "event": st.sampled_from(["Buy", "Buy", "page", "Größe geändert"]),
        "property": st.sampled_from(["", "price"]),
        "touch": st.sampled_from(TOUCHES),
        "models": models,
        "lookback": st.sampled_from([1, 2, 30]),
        "direct": st.sampled_from(["counted", "passed_over"]),
        "limit": st.sampled_from([1, 2, 20]),
    })  # fmt: skip


def touches_of(spec: Any, conversion: Fact, sessions: list[list[Fact]]) -> list[str]:
    """What the touches of a conversion are called, in their order."""
    found = [
        session
        for session in sessions
        if (session[0].person == conversion.person or session is conversion.session)
        and conversion.at - timedelta(days=spec.lookback) <= session[0].at <= conversion.at
    ]
    if spec.direct == "passed_over":
        named = [session for session in found if session[0].event.source not in {"", "Direct"}]
        found = named or found
    return [touch for _, touch in sorted((session[0].at, session_value(session, spec.touch)) for session in found)]


def shares(model: str, touches: list[str]) -> list[tuple[str, Fraction]]:
    if model == "linear":
        return [(touch, Fraction(1, len(touches))) for touch in touches]
    return [(touches[0 if model == "first" else -1], Fraction(1))]


def _worth(spec: Any, fact: Fact) -> float:
    value = value_of(fact, f"properties.{spec.property}")
    return float(value) if spec.property and isinstance(value, int | float) else 0.0


def check(asked: Asked, facts: list[Fact]) -> None:
    spec = asked.spec
    result = asked.answer()
    known = since(facts, asked.days, timedelta(days=spec.lookback), asked.zone)
    sessions = sessions_of(known)
    conversions = [
        fact
        for fact in known
        if asked.days.first <= fact.at.astimezone(asked.zone).date()
        and fact.event.name == spec.event
        and all(keeps(fact, item) for item in spec.filters)
    ]
    values = [_worth(spec, fact) for fact in conversions]
    assert result.conversions == len(conversions)
    assert result.people == len({fact.person for fact in conversions})
    assert result.value == (close(sum(values)) if spec.property else None)
    given: dict[tuple[str, str], tuple[Fraction, float]] = {}
    for fact, value in zip(conversions, values, strict=True):
        for model in spec.models:
            for touch, share in shares(model, touches_of(spec, fact, sessions)):
                count, worth = given.get((model, touch), (Fraction(0), 0.0))
                given[model, touch] = (count + share, worth + value * float(share))
    check_touches(spec, result, given)


def check_touches(spec: Any, result: Any, given: dict[tuple[str, str], tuple[Fraction, float]]) -> None:
    touches = {touch for _, touch in given}
    nothing = (Fraction(0), 0.0)
    rank = {touch: round(given.get((spec.models[0], touch), nothing)[0], 6) for touch in touches}
    order = sorted(touches, key=lambda touch: (-rank[touch], touch))
    rows: list[tuple[str, bool, list[str]]] = [(touch, False, [touch]) for touch in order[: spec.limit]]
    rest = order[spec.limit :]
    rows += [("", True, rest)] if rest else []
    assert result.different == len(touches)
    assert [(row.touch, row.other) for row in result.touches] == [row[:2] for row in rows]
    for row, (*_, own) in zip(result.touches, rows, strict=True):
        for credit, model in zip(row.credits, spec.models, strict=True):
            found = [given.get((model, touch), nothing) for touch in own]
            assert credit.model == model
            assert credit.conversions == close(float(sum(count for count, _ in found)))
            assert credit.value == (close(sum(worth for _, worth in found)) if spec.property else None)
    for place in range(len(spec.models)):
        given_out = sum(row.credits[place].conversions for row in result.touches)
        assert given_out == close(result.conversions)
