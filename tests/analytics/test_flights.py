import threading

import pytest

from analytics.queries import flights


def test_who_asks_the_same_waits_for_the_first() -> None:
    order: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with flights.alone("a"):
            inside.set()
            go_on.wait(5)
            order.append("first")

    def second() -> None:
        with flights.alone("a"):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    inside.wait(5)
    threads[1].start()
    with flights.alone("b"):  # another question waits for nobody
        order.append("other")
    go_on.set()
    for thread in threads:
        thread.join(5)

    assert order == ["other", "first", "second"]
    assert flights._flights == {}


def test_a_failure_lets_the_next_one_try() -> None:
    with pytest.raises(ValueError, match="broken"), flights.alone("a"):
        raise ValueError("broken")

    with flights.alone("a"):
        assert list(flights._flights) == ["a"]
