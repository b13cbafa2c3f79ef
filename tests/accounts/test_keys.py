from accounts import keys


def test_a_key_is_recognisable_and_never_the_same() -> None:
    first, second = keys.generate(keys.SECRET_PREFIX), keys.generate(keys.SECRET_PREFIX)

    assert first.startswith("pls_")
    assert len(first) == 36
    assert first != second
    assert keys.digest(first) != keys.digest(second)
    assert first not in keys.digest(first)
