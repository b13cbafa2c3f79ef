"""The words of a job: what is asked, who answers, how it stands, how the answer ended."""

from django.db.models import TextChoices


class Task(TextChoices):
    SUMMARIZE = "summarize", "Summarize"
    GENERATE = "generate", "Generate"


class ProviderName(TextChoices):
    ANTHROPIC = "anthropic", "Anthropic"
    OPENAI = "openai", "OpenAI-compatible"
    BUILTIN = "builtin", "Built in"


class Status(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class FinishReason(TextChoices):
    """Why the answer ended: by itself, or at the limit of tokens."""

    STOP = "stop", "Complete"
    LENGTH = "length", "Cut at the limit of tokens"


FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
