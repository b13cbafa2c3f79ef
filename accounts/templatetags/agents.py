"""A browser in the words of a person."""

from django import template

from accounts import agents

register = template.Library()


@register.filter
def agent(user_agent: str) -> str:
    """`Firefox on Linux`, or the beginning of what it calls itself."""
    return agents.named(user_agent) if user_agent else "An unknown program"
