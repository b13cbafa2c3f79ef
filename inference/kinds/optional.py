"""What not every model takes: asked for where it can be, and done without where the provider refuses it."""

from inference.conversation import Prompt, Reply
from inference.kinds.base import Ask
from inference.providers.base import ProviderError


async def ask_with(ask: Ask, ability: str, wanted: Prompt, otherwise: Prompt) -> Reply:
    """Ask as wanted where the model has this ability, else otherwise.

    Where nothing is known of the model, it is tried: a call that the provider refuses for its form uses nothing,
    so it costs nothing. Raises what `ask` raises.
    """
    if not ask.size.can(ability):
        return await ask(otherwise)
    try:
        return await ask(wanted)
    except ProviderError as error:
        if error.code != "rejected" or ask.size.abilities is not None or wanted == otherwise:
            raise
    return await ask(otherwise)
