"""Which questions may be answered to everybody who has a link: those whose answer names nobody. No Django here."""

from analytics.fields import GROUP_TRAIT_PREFIX, PERSON_TRAIT_PREFIX
from analytics.kinds.base import Spec
from analytics.kinds.named import fields_of

_LISTING = {"events": "events one by one", "people": "people one by one", "groups": "groups one by one"}
# Of one person or group.
_IDS = frozenset({"person", "user_id", "group_id"})
_TRAITS = (PERSON_TRAIT_PREFIX, GROUP_TRAIT_PREFIX)


def why_not(spec: Spec) -> str:
    """Why a question's answer is not for everybody; empty where it is."""
    if listed := _LISTING.get(spec.kind):
        return f"It lists {listed}."
    if getattr(spec, "people", None) is not None:
        return "It lists people: leave out 'people'."
    for path, field, is_filter in fields_of(spec):
        if field in _IDS:
            return f"It is about single people or groups: {path} is {field}."
        if field.startswith(_TRAITS) and not is_filter:
            return f"It lists traits of people or groups: {path} is {field}."
    return ""
