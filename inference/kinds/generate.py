"""A prompt, answered."""

from pydantic import Field

from inference.choices import Task
from inference.conversation import Prompt
from inference.kinds.base import AnyText, Ask, Bound, Done, Size, Strict, Text


class GenerateInput(Strict):
    """A prompt to answer. Without `max_tokens` and `temperature`, the provider's own defaults hold."""

    prompt: Text
    system: AnyText = ""
    max_tokens: int | None = Field(default=None, ge=1, le=128_000)
    temperature: float | None = Field(default=None, ge=0, le=2)


class Generate:
    task = Task.GENERATE
    input = GenerateInput
    about = "Answer a prompt."
    result = None

    def bounds(self, given: GenerateInput, size: Size) -> list[Bound]:  # noqa: ARG002 (one call, whatever its size)
        return [Bound.of(_prompt(given))]

    async def run(self, given: GenerateInput, ask: Ask) -> Done:
        return Done.by(await ask(_prompt(given), aloud=True))


def _prompt(given: GenerateInput) -> Prompt:
    return Prompt.of(given.prompt, system=given.system, max_tokens=given.max_tokens, temperature=given.temperature)
