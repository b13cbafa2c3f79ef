"""Wrappers of page parts; leaves are plain includes of `templates/components/`."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_block_tag
def card(content: SafeString, title: str = "", id: str = "") -> SafeString:  # noqa: A002 (an HTML attribute)
    """A raised surface with a heading: `{% card "Write keys" %}…{% endcard %}`."""
    return render_to_string("components/card.html", {"body": content, "title": title, "id": id})
