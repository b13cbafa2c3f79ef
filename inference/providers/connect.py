"""Providers for a running event loop.

Apart from the choice of one: the SDKs take seconds and 60 MB to import, which only a process that calls one pays.
"""

import asyncio
from typing import TYPE_CHECKING

from inference import configuration
from inference.choices import ProviderName
from inference.providers import base
from inference.providers.builtin import BuiltinProvider
from inference.routes import Way

if TYPE_CHECKING:
    from inference.providers.anthropic import AnthropicProvider
    from inference.providers.openai import OpenAIProvider


async def connect(way: Way) -> base.Provider:
    """A provider for the running event loop."""
    if way.target.provider is ProviderName.BUILTIN:
        return BuiltinProvider()
    # The loop has other calls to serve while the SDK is imported.
    of = await asyncio.to_thread(_class, way.target.provider)
    deadline = configuration.limits().deadline
    return of(api_key=way.key, base_url=way.base_url, deadline=deadline, guarded=way.guarded)


def _class(name: ProviderName) -> "type[AnthropicProvider] | type[OpenAIProvider]":
    if name is ProviderName.ANTHROPIC:
        from inference.providers.anthropic import AnthropicProvider  # noqa: PLC0415 (its SDK)

        return AnthropicProvider
    from inference.providers.openai import OpenAIProvider  # noqa: PLC0415 (its SDK)

    return OpenAIProvider
