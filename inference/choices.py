"""The words of a job: what is asked, who answers, how it stands, how the answer ended."""

from django.db.models import IntegerChoices, TextChoices


class Task(TextChoices):
    SUMMARIZE = "summarize", "Summarize"
    GENERATE = "generate", "Generate"
    CLASSIFY = "classify", "Classify"
    EXTRACT = "extract", "Extract"
    CHAT = "chat", "Chat"


class ProviderName(TextChoices):
    ANTHROPIC = "anthropic", "Anthropic"
    OPENAI = "openai", "OpenAI-compatible"
    BUILTIN = "builtin", "Built in"


# Those for which there are keys.
REMOTE_CHOICES = [choice for choice in ProviderName.choices if choice[0] != ProviderName.BUILTIN]


class Status(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class Priority(IntegerChoices):
    """Of an organization's own jobs among each other; between organizations turns are fair whatever they say."""

    LOW = 0, "Low"
    NORMAL = 5, "Normal"
    HIGH = 9, "High"


class FinishReason(TextChoices):
    """Why the answer ended: by itself, at the limit of tokens, or to have tools called."""

    STOP = "stop", "Complete"
    LENGTH = "length", "Cut at the limit of tokens"
    TOOL_CALLS = "tool_calls", "Asks for tools to be called"


class Personal(TextChoices):
    """Kinds of personal data that can be taken out of what providers are sent."""

    EMAIL = "email", "E-mail addresses"
    PHONE = "phone", "Phone numbers"
    CARD = "card", "Card numbers"


class WebhookEvent(TextChoices):
    """What endpoints are told of."""

    JOB_SUCCEEDED = "job.succeeded", "A job succeeded"
    JOB_FAILED = "job.failed", "A job failed"
    JOB_CANCELLED = "job.cancelled", "A job was cancelled"
    JOB_EXPIRED = "job.expired", "A job expired"
    BATCH_FINISHED = "batch.finished", "A batch finished"


# What a person sends to try an endpoint; nobody subscribes to it.
TEST_EVENT = "test"


class DisabledWhy(TextChoices):
    BY_HAND = "by_hand", "Switched off"
    GONE = "gone", "It answered 410 Gone"
    FAILING = "failing", "Nothing was taken for days"


class DeliveryStatus(TextChoices):
    PENDING = "pending", "To be sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.EXPIRED)
