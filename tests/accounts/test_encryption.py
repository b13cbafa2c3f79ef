"""What is encrypted is read with the same SECRET_KEY for the same purpose, and else not."""

import pytest

from accounts import encryption
from accounts.errors import Unavailable


def test_what_was_encrypted_is_read_again_and_looks_different_each_time() -> None:
    first, second = (encryption.encrypt("SECRET", purpose="test") for _ in range(2))

    assert first != second
    assert "SECRET" not in first
    assert [encryption.decrypt(text, purpose="test") for text in (first, second)] == ["SECRET", "SECRET"]


def test_another_purpose_another_key_and_another_text_are_refused(settings) -> None:
    encrypted = encryption.encrypt("SECRET", purpose="test")

    with pytest.raises(Unavailable):
        encryption.decrypt(encrypted, purpose="other")
    with pytest.raises(Unavailable):
        encryption.decrypt(encrypted[:-2] + "AA", purpose="test")
    settings.SECRET_KEY = "another"
    with pytest.raises(Unavailable, match="SECRET_KEY"):
        encryption.decrypt(encrypted, purpose="test")
