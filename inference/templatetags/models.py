"""What the page of models shows of them, in words."""

from decimal import Decimal

from django import template

from accounts.billing import micro
from inference.models import Ability, LanguageModel
from inference.queries.health import Fared
from inference.queries.language_models import Line

register = template.Library()


@register.filter
def prices(model: LanguageModel) -> str:
    """For a million tokens read, read from a cache, and written; exactly, so 0.125 and not 0.13."""
    found = (model.input_price, model.cached_price, model.output_price)
    return " · ".join(f"{_exactly(micro.in_units(price))} {model.currency}" for price in found)


def _exactly(units: Decimal) -> str:
    return f"{units:,.2f}" if units == round(units, 2) else f"{units.normalize():,f}"


@register.filter
def abilities(model: LanguageModel | None) -> str:
    return ", ".join(Ability(one).label for one in model.abilities) if model else ""


@register.filter
def fared(line: Line, span: str) -> Fared | None:
    return line.health.spans.get(span)


@register.filter
def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"
