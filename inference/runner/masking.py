"""A provider as it may see a job: what is personal is taken out on the way there, and put back on the way here."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from inference.conversation import ToolCall
from inference.providers import base
from inference.redaction import Redactor, Restorer


async def masked(
    provider: base.Provider, call: base.Call, redactor: Redactor | None
) -> AsyncGenerator[base.Piece]:
    """As `provider.stream`; with a redactor, what may be the beginning of a placeholder comes a little later."""
    if redactor is None:
        async with aclosing(provider.stream(call)) as pieces:
            async for piece in pieces:
                yield piece
        return
    restorer = Restorer(redactor)
    sent = replace(call, prompt=redactor.prompt(call.prompt))
    async with aclosing(provider.stream(sent)) as pieces:
        async for piece in pieces:
            for restored in _restored(piece, restorer):
                yield restored


def _restored(piece: base.Piece, restorer: Restorer) -> list[base.Piece]:
    match piece:
        case base.Delta(text=text):
            said = restorer.feed(text)
            return [base.Delta(said)] if said else []
        case ToolCall():
            return [restorer.redactor.call(piece)]
        case base.End():
            rest = restorer.rest()
            return [base.Delta(rest), piece] if rest else [piece]
    return [piece]
