import django.core.validators
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inference", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelPrice",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("anthropic", "Anthropic"),
                            ("openai", "OpenAI-compatible"),
                            ("builtin", "Built in"),
                        ],
                        max_length=20,
                    ),
                ),
                ("model", models.CharField(help_text="As jobs name it.", max_length=200)),
                (
                    "currency",
                    models.CharField(
                        default="USD",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{3}\\Z", "Three capital letters.")
                        ],
                    ),
                ),
                (
                    "input_price",
                    models.PositiveBigIntegerField(
                        help_text="Micro-units of the currency for a million tokens: 3,000,000 is 3 dollars."
                    ),
                ),
                (
                    "cached_price",
                    models.PositiveBigIntegerField(
                        help_text="Micro-units of the currency for a million tokens: 3,000,000 is 3 dollars."
                    ),
                ),
                (
                    "output_price",
                    models.PositiveBigIntegerField(
                        help_text="Micro-units of the currency for a million tokens: 3,000,000 is 3 dollars."
                    ),
                ),
                (
                    "reasoning_price",
                    models.PositiveBigIntegerField(
                        help_text="Micro-units of the currency for a million tokens: 3,000,000 is 3 dollars."
                    ),
                ),
                (
                    "most_output_tokens",
                    models.PositiveIntegerField(
                        default=16384,
                        help_text="The model's own limit: so much is reserved for a job that names none.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ("provider", "model"),
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "model"), name="inference_modelprice_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("most_output_tokens__gte", 1)),
                        name="inference_modelprice_most_positive",
                    ),
                ],
            },
        ),
    ]
