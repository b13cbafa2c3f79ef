"""What the pages before a login ask."""

from allauth.account.adapter import get_adapter
from django import template
from django.template.context import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def signup_is_open(context: Context) -> bool:
    """Whether who asks may make an account: anybody by a setting, or whoever was invited."""
    request = context["request"]
    return bool(get_adapter(request).is_open_for_signup(request))
