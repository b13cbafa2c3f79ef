"""The provider without a model: extractive summaries, and a plain no to everything else."""

import asyncio
import re
from collections.abc import AsyncGenerator

from inference.choices import FinishReason
from inference.extraction import summarize
from inference.kinds.summarize import SummarizeInput
from inference.providers import base

MODEL = "extractive-1"
_WORDS = re.compile(r"\S+\s*|\s+")


class BuiltinProvider:
    """Counts words where others count tokens."""

    async def stream(self, call: base.Call) -> AsyncGenerator[base.Piece]:
        if not isinstance(call.input, SummarizeInput):
            raise base.ProviderError(
                "rejected", "The built-in provider has no language model: it only summarizes."
            )
        # A long text takes a second; the loop has other calls to serve meanwhile.
        text = "\n\n".join(call.input.all)
        summary = await asyncio.to_thread(summarize, text, call.input.max_sentences)
        words = _WORDS.findall(summary)
        for word in words:
            yield base.Delta(word)
            await asyncio.sleep(0)
        yield base.Usage(len(text.split()), len(words))
        yield base.End(FinishReason.STOP)

    async def close(self) -> None:
        """Nothing is held."""
