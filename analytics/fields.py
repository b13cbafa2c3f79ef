"""What a filter or a breakdown may look at. No Django here."""

from typing import Annotated

from pydantic import AfterValidator, Field

from analytics.contracts import DIMENSIONS

PROPERTY_PREFIX = "properties."
PERSON_TRAIT_PREFIX = "person."
GROUP_TRAIT_PREFIX = "group."
# Values of these are of any type; all others are text.
TYPED_PREFIXES = (PROPERTY_PREFIX, PERSON_TRAIT_PREFIX, GROUP_TRAIT_PREFIX)
# `cohort.12`: whether the person is in that cohort, as one of two texts.
COHORT_PREFIX = "cohort."
IN_COHORT, NOT_IN_COHORT = "in", "not in"
PERSON = "person"
ENTRY_PATH = "entry_path"
EXIT_PATH = "exit_path"
# A session has one value of each of these: that of its first event, or of its first or last view.
SESSION_FIELDS = (
    "source", "channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer_host",
    "country", "device", "browser", "os", ENTRY_PATH, EXIT_PATH,
)  # fmt: skip
FIELDS = (*DIMENSIONS, ENTRY_PATH, EXIT_PATH)
HIGHEST_ID = 2**63 - 1


def _known_field(value: str) -> str:
    if value in FIELDS or is_typed(value) or cohort_of(value):
        return value
    prefixed = "properties.<name>, person.<trait>, group.<trait> or cohort.<id>"
    raise ValueError(f"Unknown field; one of {', '.join(FIELDS)}, or {prefixed}.")


FieldName = Annotated[
    str,
    Field(
        max_length=300,
        description="A column such as `path`, `source` or `country`, or properties.<name>, person.<trait>, "
        "group.<trait>, cohort.<id>.",
    ),
    AfterValidator(_known_field),
]


def named(field: str, prefix: str) -> str | None:
    """What a field with this prefix names; None for others."""
    return field.removeprefix(prefix) if field.startswith(prefix) and field != prefix else None


def is_typed(field: str) -> bool:
    """Whether its values may be numbers, too."""
    return any(named(field, prefix) for prefix in TYPED_PREFIXES)


def cohort_of(field: str) -> int | None:
    """The id of the cohort that a field asks about; None for other fields."""
    text = named(field, COHORT_PREFIX) or ""
    known = text.isascii() and text.isdecimal() and text[0] != "0" and int(text) <= HIGHEST_ID
    return int(text) if known else None


def is_of_person(field: str) -> bool:
    """Whether all events of a person have the same value of it."""
    return field == PERSON or bool(named(field, PERSON_TRAIT_PREFIX)) or cohort_of(field) is not None


def is_of_session(field: str) -> bool:
    """Whether a session has one value of it: its own, or its person's."""
    return field in SESSION_FIELDS or (is_of_person(field) and field != PERSON)
