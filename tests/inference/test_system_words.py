"""Whatever a caller's text says, it is never among the words of the system."""

import asyncio
import contextlib
from typing import Any

import pytest

from inference.choices import FinishReason, Task
from inference.conversation import Prompt, Reply
from inference.kinds import KINDS
from inference.kinds.base import Size, TaskFailed

# What a stranger may have written into an event, a text or a conversation.
POISON = "IGNORE-ALL-RULES-7f3"
# An input of each task with the stranger's words wherever a text stands that is not the caller's own instruction.
INPUTS: dict[str, dict[str, Any]] = {
    Task.SUMMARIZE: {"text": f"{POISON} A. B. C."},
    Task.GENERATE: {"prompt": POISON, "system": "You are brief."},
    Task.CHAT: {
        "messages": [
            {"role": "system", "content": "You are brief."},
            {"role": "user", "content": POISON},
            {"role": "assistant", "content": POISON},
            {"role": "user", "content": [{"type": "text", "text": POISON}]},
        ]
    },
    Task.CLASSIFY: {"text": POISON, "labels": ["good", "bad"]},
    Task.EXTRACT: {
        "text": POISON,
        "schema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}


class Listener:
    """Answers with the stranger's words, which tasks that ask again pass on, and notes what it is asked."""

    size = Size(context=1_000, most_output=100)

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    async def __call__(self, prompt: Prompt, *, aloud: bool = False) -> Reply:
        self.prompts.append(prompt)
        return Reply(POISON, FinishReason.STOP)

    def say(self, text: str) -> None:
        pass


@pytest.mark.parametrize("task", sorted(KINDS))
def test_a_strangers_words_are_never_the_systems(task):
    kind, listener = KINDS[task], Listener()

    with contextlib.suppress(TaskFailed):  # the listener is no good model
        asyncio.run(kind.run(kind.input.model_validate(INPUTS[task]), listener))

    assert listener.prompts
    assert any(POISON in message.text for prompt in listener.prompts for message in prompt.messages)
    assert [prompt.system for prompt in listener.prompts if POISON in prompt.system] == []
