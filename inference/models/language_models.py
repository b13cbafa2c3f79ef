from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone

from inference.choices import ProviderName
from inference.pricing import Rates

_PER_MILLION = "Micro-units of the currency for a million tokens: 3,000,000 is 3 dollars."


class Ability(models.TextChoices):
    """What a model can do beside writing text."""

    TOOLS = "tools", "Tools"
    JSON_SCHEMA = "json_schema", "Answers to a JSON Schema"
    LOGPROBS = "logprobs", "Probabilities of tokens"
    IMAGES = "images", "Reads images"


def _price() -> "models.PositiveBigIntegerField[int, int]":
    return models.PositiveBigIntegerField(default=0, help_text=_PER_MILLION)


class LanguageModel(models.Model):
    """What is known of a model and what it costs: data that staff edit.

    A model that is not here can be called; it costs nothing then, and no cap holds for it. A changed price holds
    for calls that end from then on; what was posted to the ledger stays.
    """

    provider = models.CharField(max_length=20, choices=ProviderName)
    model = models.CharField(max_length=200, help_text="As jobs name it.")
    currency = models.CharField(
        max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters.")]
    )
    input_price = _price()
    cached_price = _price()
    output_price = _price()
    reasoning_price = _price()
    most_output_tokens = models.PositiveIntegerField(
        default=16_384,
        validators=[MinValueValidator(1)],
        help_text="The model's own limit: so much is reserved for a job that names none.",
    )
    context_tokens = models.PositiveIntegerField(
        default=128_000,
        db_default=128_000,
        validators=[MinValueValidator(1_000)],
        help_text="How much it reads and writes in one call: longer texts are summarized in parts.",
    )
    abilities = ArrayField(
        models.CharField(max_length=20, choices=Ability),
        default=list,
        db_default=Value([], ArrayField(models.CharField(max_length=20))),
        blank=True,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("provider", "model")
        constraints = (
            models.UniqueConstraint(fields=("provider", "model"), name="inference_languagemodel_unique"),
            models.CheckConstraint(
                condition=Q(most_output_tokens__gte=1, context_tokens__gte=1),
                name="inference_languagemodel_sizes_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"

    @property
    def rates(self) -> Rates:
        return Rates(
            currency=self.currency,
            input=self.input_price,
            cached=self.cached_price,
            output=self.output_price,
            reasoning=self.reasoning_price,
            most_output=self.most_output_tokens,
        )
