"""What a start says about an address of ClickHouse that it cannot use."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from analytics.store.clickhouse import connection
from config import environment

URL = "clickhouse://plumbline:secret@host:8123/plumbline"


def test_without_the_extra_a_start_says_what_to_install(monkeypatch):
    monkeypatch.setattr(connection, "is_installed", lambda: False)

    with pytest.raises(ImproperlyConfigured, match="install Plumbline with the extra `clickhouse`"):
        environment.event_store(URL)


def test_an_address_of_something_else_is_refused():
    with pytest.raises(ImproperlyConfigured, match="EVENT_STORE_URL is not an address of ClickHouse"):
        environment.event_store("postgres://host/name")


def test_an_address_is_taken_as_it_is_and_none_means_files():
    assert environment.event_store(URL) == URL
    assert environment.event_store("") == ""
