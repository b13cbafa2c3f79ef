"""What is metered. The parts of tokens do not overlap: each can have a price, and their sum is all of them."""

from django.db.models import TextChoices


class Meter(TextChoices):
    """Each in whole units of its own; `llm_cost` in micro-units (millionths) of a currency."""

    EVENTS = "events", "Events"
    INPUT_TOKENS = "llm_input_tokens", "Input tokens"
    CACHED_TOKENS = "llm_cached_tokens", "Input tokens from a cache"
    OUTPUT_TOKENS = "llm_output_tokens", "Output tokens"
    REASONING_TOKENS = "llm_reasoning_tokens", "Reasoning tokens"
    COST = "llm_cost", "Cost of models"


TOKENS = (Meter.INPUT_TOKENS, Meter.CACHED_TOKENS, Meter.OUTPUT_TOKENS, Meter.REASONING_TOKENS)
