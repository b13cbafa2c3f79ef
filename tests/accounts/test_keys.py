"""API keys as text."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_a_key_is_recognisable_and_never_the_same() -> None:
    first, second = keys.generate(keys.SECRET_PREFIX), keys.generate(keys.SECRET_PREFIX)

    assert first.startswith("pls_")
    assert len(first) == 42
    assert first != second
    assert keys.digest(first) != keys.digest(second)
    assert first not in keys.digest(first)


@pytest.mark.parametrize("prefix", [keys.SECRET_PREFIX, keys.WRITE_PREFIX])
def test_scanners_find_a_key_in_any_text_and_tell_it_by_its_checksum(prefix) -> None:
    key = keys.generate(prefix)

    assert re.findall(keys.PATTERN, f'KEY="{key}" # {key[:-1]} {key}x') == [key]
    assert keys.has_checksum(key)


def test_the_checksum_is_what_the_docs_say() -> None:
    """The CRC-32 of `pls_` and 32 times `a` is 0x3A5275CF, which is 14Dc23 in base 62."""
    whole = "pls_" + "a" * 32

    assert keys.has_checksum(f"{whole}14Dc23")
    assert not keys.has_checksum(f"{whole}14Dc24")
    assert not keys.has_checksum(whole)


@given(place=st.integers(4, 41), other=st.sampled_from(BASE62))
def test_one_wrong_character_is_noticed(place, other) -> None:
    key = random.Random(7).choices(BASE62, k=32)
    whole = keys.SECRET_PREFIX + "".join(key)
    whole += keys._checksum(whole)
    changed = whole[:place] + other + whole[place + 1 :]

    assert keys.has_checksum(changed) == (changed == whole)


def test_keys_in_a_text_are_cut_to_their_hints() -> None:
    new, old = keys.generate(keys.SECRET_PREFIX), "plw_" + "b" * 32

    assert keys.masked(f"{new}, {old} and pls_short") == f"{new[:8]}…, plw_bbbb… and pls_short"
