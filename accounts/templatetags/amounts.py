"""Amounts of money as people read them."""

from django import template

from accounts.billing import micro, money

register = template.Library()


@register.filter
def micro_units(amount: int, currency: str) -> str:
    """`12.34 USD`."""
    return micro.written(amount, currency)


@register.filter
def share_of(part: int, whole: int) -> int:
    """Percent, rounded down and 100 at most: what is not reached never reads as reached."""
    return min(100, part * 100 // whole) if whole else 100


@register.filter
def minor_units(amount: int, currency: str) -> str:
    """`€12.34`."""
    return money.written(amount, currency)
