"""Providers for a running event loop.

Apart from the choice of one: the SDKs take seconds and 60 MB to import, which only the worker should pay.
"""

from inference import configuration
from inference.choices import ProviderName
from inference.providers import base
from inference.providers.anthropic import AnthropicProvider
from inference.providers.builtin import BuiltinProvider
from inference.providers.choice import REMOTE
from inference.providers.openai import OpenAIProvider

_CLASSES: dict[ProviderName, type[AnthropicProvider] | type[OpenAIProvider]] = {
    ProviderName.ANTHROPIC: AnthropicProvider,
    ProviderName.OPENAI: OpenAIProvider,
}


def connect(name: ProviderName) -> base.Provider:
    """A provider for the running event loop; raises ProviderError where its key has been taken away since."""
    if name is ProviderName.BUILTIN:
        return BuiltinProvider()
    endpoint = configuration.endpoint(name)
    if not endpoint.api_key:
        raise base.ProviderError("no_provider", f"The provider '{name}' is not configured: set {REMOTE[name]}.")
    return _CLASSES[name](
        api_key=endpoint.api_key, base_url=endpoint.base_url, deadline=configuration.limits().deadline
    )
