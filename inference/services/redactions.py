"""What is personal in a job's input is noted when it is made, and stays here, encrypted: no provider sees it."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from accounts import encryption
from inference.choices import Personal
from inference.models import Job
from inference.queries.rules import Rules
from inference.redaction import Redactor

_PURPOSE = "personal data of a job"


def for_inputs(rules: Rules, inputs: Sequence[BaseModel]) -> list[str]:
    """What stands for what in each of these inputs of new jobs; empty where their rules have nothing taken out."""
    return [_for_input(rules.redact, given) if rules.redact else "" for given in inputs]


def _for_input(kinds: Sequence[Personal], asked: BaseModel) -> str:
    redactor = Redactor(kinds)
    given = asked.model_dump(mode="json")
    redactor.note(json.dumps(given, ensure_ascii=False))
    redactor.data(_without_images(given))
    facts = {"kinds": redactor.kinds, "values": redactor.values}
    return encryption.encrypt(json.dumps(facts), purpose=_PURPOSE)


def _without_images(value: Any) -> Any:
    """They are long, and sent as they are."""
    match value:
        case {"type": "image_url"}:
            return None
        case dict():
            return {name: _without_images(item) for name, item in value.items()}
        case list():
            return [_without_images(item) for item in value]
    return value


def redactor_of(job: Job) -> Redactor | None:
    """None where the provider may see the input as it is. Raises Unavailable under another SECRET_KEY."""
    if not job.redactions:
        return None
    facts = json.loads(encryption.decrypt(job.redactions, purpose=_PURPOSE))
    redactor = Redactor(facts["kinds"], facts["values"])
    redactor.note(json.dumps(job.input, ensure_ascii=False))
    return redactor
