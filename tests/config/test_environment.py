"""What a start says about an address of ClickHouse that it cannot use."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from analytics.store.clickhouse import address
from config import environment

URL = "clickhouse://plumbline:secret@host:8123/plumbline"


def test_without_the_extra_a_start_says_what_to_install(monkeypatch):
    monkeypatch.setattr(address, "is_installed", lambda: False)

    with pytest.raises(ImproperlyConfigured, match="install Plumbline with the extra `clickhouse`"):
        environment.event_store(URL)


def test_an_address_of_something_else_is_refused():
    with pytest.raises(ImproperlyConfigured, match="EVENT_STORE_URL is not an address of ClickHouse"):
        environment.event_store("postgres://host/name")


SQL_URL = "clickhouse://sql_{project}:secret@host:8123/plumbline"


@pytest.mark.parametrize(
    ("url", "store", "message"),
    [
        (SQL_URL, "", "needs EVENT_STORE_URL"),
        ("postgres://host/name", URL, "EVENT_STORE_SQL_URL is not an address of ClickHouse"),
        (SQL_URL.replace("{project}", "all"), URL, "needs a user with `{project}` in its name"),
        (SQL_URL.replace(":secret", ""), URL, "and a password"),
        (f"{SQL_URL}?cluster=big", URL, "no part of a cluster"),
        (SQL_URL, f"{URL}?cluster=big", "no part of a cluster"),
        ("chdb:///folder", URL, "no part of a cluster"),
    ],
)
def test_an_address_of_sql_that_cannot_be_safe_is_refused(url, store, message):
    with pytest.raises(ImproperlyConfigured, match=message):
        environment.event_store_sql(url, store)


def test_an_address_of_sql_is_taken_as_it_is_and_none_means_closed():
    assert environment.event_store_sql(SQL_URL, URL) == SQL_URL
    assert environment.event_store_sql("", "") == ""


def test_an_address_is_taken_as_it_is_and_none_means_files():
    assert environment.event_store(URL) == URL
    assert environment.event_store("") == ""
