"""Which provider and model do a job."""

from accounts.errors import FieldError, Invalid, Unavailable
from inference import configuration
from inference.choices import ProviderName, Task
from inference.providers.builtin import MODEL

# In the order in which they are preferred, each with the setting that makes it available.
REMOTE = {ProviderName.ANTHROPIC: "ANTHROPIC_API_KEY", ProviderName.OPENAI: "OPENAI_API_KEY"}


class NoProvider(Unavailable):
    """Nobody here can do this; the message names the setting that would change it."""

    code = "no_provider"


def choose(*, task: Task, provider: ProviderName | None, model: str) -> tuple[ProviderName, str]:
    """The provider and the model of a new job: the named one, else the first configured, else `builtin`.

    Raises NoProvider where it is not configured, Invalid where it cannot do the task.
    """
    chosen = provider or _first_configured(task)
    if chosen is ProviderName.BUILTIN:
        if task is not Task.SUMMARIZE:
            reason = "The built-in provider has no language model: it only summarizes."
            raise Invalid(reason, fields=[FieldError("provider", reason)])
        return chosen, MODEL
    endpoint = configuration.endpoint(chosen)
    if not endpoint.api_key:
        raise NoProvider(f"The provider '{chosen}' is not configured: set {REMOTE[chosen]} and start again.")
    return chosen, model or endpoint.model


def _first_configured(task: Task) -> ProviderName:
    for name in REMOTE:
        if configuration.endpoint(name).api_key:
            return name
    if task is Task.SUMMARIZE:
        return ProviderName.BUILTIN
    raise NoProvider(
        f"The task '{task}' needs a language model, and none is configured: set ANTHROPIC_API_KEY, or "
        "OPENAI_API_KEY (with OPENAI_BASE_URL for another OpenAI-compatible server), and start again."
    )
