"""What is known of models, taken in from a table: their sizes, abilities and prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import FieldError, Invalid
from accounts.services import audit
from inference.models import LanguageModel

FIELDS = (
    "provider", "model", "currency", "input_price", "cached_price", "output_price", "reasoning_price",
    "most_output_tokens", "context_tokens", "abilities",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """How many rows were new, changed something, or said what was known."""

    created: int
    changed: int
    same: int


@transaction.atomic
def take_in(*, rows: Sequence[Mapping[str, str | None]], actor: Actor) -> Taken:
    """Enter or change the model of each row; a column that is left out or empty changes nothing.

    Raises Invalid naming line and column, and then nothing is taken in.
    """
    wrong: list[FieldError] = []
    done = [_take(line, row, actor, wrong) for line, row in enumerate(rows, start=2)]
    if wrong:
        raise Invalid("Some lines are at fault.", fields=wrong)
    return Taken(done.count("created"), done.count("changed"), done.count("same"))


def _take(line: int, row: Mapping[str, str | None], actor: Actor, wrong: list[FieldError]) -> str:
    given = {name: value.strip() for name, value in row.items() if name in FIELDS and value and value.strip()}
    known = LanguageModel.objects.filter(provider=given.get("provider"), model=given.get("model")).first()
    found, before = known or LanguageModel(), _values(known) if known else {}
    for name, value in given.items():
        setattr(found, name, value.replace(",", " ").split() if name == "abilities" else value)
    try:
        found.full_clean()
    except ValidationError as error:
        wrong += [
            FieldError(f"line {line}, {name}", " ".join(texts)) for name, texts in error.message_dict.items()
        ]
        return "wrong"
    found.save()
    found.refresh_from_db()
    changed = audit.differing(before, _values(found))
    if changed is None:
        return "same"
    action = Action.MODEL_PRICE_CHANGED if known else Action.MODEL_PRICE_CREATED
    was, now = changed if known else (None, _values(found))
    audit.record(
        action=action,
        actor=actor,
        organization_id=None,
        target=Target(found.pk, str(found)),
        before=was,
        after=now,
    )
    return "changed" if known else "created"


def _values(model: LanguageModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in FIELDS}
