"""A bar where somebody watches, lines where a log is kept."""

import io

from config.demo.progress import shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_the_count_that_ends_full():
    stream = Terminal()
    with shown(total=1_000, stream=stream) as report:
        report(400)
        report(980)
    assert "980/980" in stream.getvalue()


def test_a_total_that_was_too_low_grows():
    stream = Terminal()
    with shown(total=1_000, stream=stream) as report:
        report(1_020)
    assert "1020/1020" in stream.getvalue()


def test_a_log_gets_one_line_for_each_tenth():
    stream = io.StringIO()
    with shown(total=1_000, stream=stream) as report:
        for done in (50, 120, 130, 480, 1_020):
            report(done)
    assert stream.getvalue().splitlines() == [
        "Demo: 10 % (120 calls)",
        "Demo: 40 % (480 calls)",
        "Demo: 100 % (1,020 calls)",
    ]
