"""Which providers there are to choose from, and what is said where there is none."""

from accounts.errors import FieldError, Invalid, Unavailable
from inference.choices import ProviderName, Task

# In the order in which they are preferred, each with the setting that makes it available.
REMOTE = {ProviderName.ANTHROPIC: "ANTHROPIC_API_KEY", ProviderName.OPENAI: "OPENAI_API_KEY"}


class NoProvider(Unavailable):
    """Nobody here can do this; the message names the setting that would change it."""

    code = "no_provider"


def not_configured(name: ProviderName) -> NoProvider:
    return NoProvider(f"The provider '{name}' is not configured: set {REMOTE[name]} and start again.")


def nobody(task: Task) -> NoProvider:
    return NoProvider(
        f"The task '{task}' needs a language model, and none is configured: set ANTHROPIC_API_KEY, or "
        "OPENAI_API_KEY (with OPENAI_BASE_URL for another OpenAI-compatible server), and start again."
    )


def require_builtin(task: Task) -> None:
    """Raises Invalid where the built-in provider cannot do it."""
    if task is not Task.SUMMARIZE:
        reason = "The built-in provider has no language model: it only summarizes."
        raise Invalid(reason, fields=[FieldError("provider", reason)])
