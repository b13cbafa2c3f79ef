"""What a plan has or has not, beside its quantities."""

from django.db.models import TextChoices


class Feature(TextChoices):
    """Each is asked for at one place of the product, which `docs/limits.md` names."""

    SQL = "sql", "SQL over events"
    IMPORTS = "imports", "Imports of files"
    INFERENCE = "inference", "LLM jobs"


def every_feature() -> list[str]:
    return list(Feature.values)
