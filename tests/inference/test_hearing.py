"""What a call has brought: kept as the database holds it."""

from inference.choices import FinishReason
from inference.conversation import ToolCall
from inference.providers.base import Delta, End
from inference.runner.hearing import Heard


def test_a_wish_for_a_function_in_odd_words_can_be_kept() -> None:
    heard = Heard()

    assert heard.take(Delta("Look: ")) == "Look: "
    assert not heard.take(ToolCall("1\x00", "f", '{"a": "\x00\ud800"}'))
    heard.take(End(FinishReason.TOOL_CALLS))

    assert heard.reply().tool_calls == (ToolCall("1\ufffd", "f", '{"a": "\ufffd?"}'),)
    assert heard.reply().text == "Look: "
