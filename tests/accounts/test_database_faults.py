"""Which errors of the database are a 503, as PostgreSQL itself raises them."""

import pytest
from django.db import Error, InterfaceError, connection

from accounts.database_faults import unavailable

# Its files may not be opened; the disk is full; an administrator ended it; reading failed; it found itself broken.
FAULTS = ["42501", "53100", "57P01", "58030", "XX000"]
# A row that is there already; a table that is not; a number that is too large.
MISTAKES = ["23505", "42P01", "22003"]


def raised(state: str) -> Error:
    with pytest.raises(Error) as caught, connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'told' USING ERRCODE = '{state}'; END $$")
    return caught.value


@pytest.mark.django_db
@pytest.mark.parametrize("state", FAULTS)
def test_a_fault_of_the_database_is_worth_coming_back_for(state) -> None:
    found = unavailable(raised(state))

    assert found is not None
    assert (found.status, found.headers) == (503, {"Retry-After": "5"})
    assert "told" not in found.message


@pytest.mark.django_db
@pytest.mark.parametrize("state", MISTAKES)
def test_a_mistake_of_ours_is_not(state) -> None:
    assert unavailable(raised(state)) is None


def test_a_connection_that_is_gone_is_a_fault_and_anything_else_is_not() -> None:
    assert unavailable(InterfaceError("connection already closed")) is not None
    assert unavailable(ValueError("told")) is None
    assert unavailable(None) is None
