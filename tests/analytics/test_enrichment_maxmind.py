"""Countries from a MaxMind DB file, written here."""

import logging
import os

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from analytics.ingestion.enrichment.maxmind import CountryFile

SWEDISH, GERMAN = "89.160.20.112", "2a02:8100::17"


def write(path, records, kind="GeoLite2-Country") -> None:
    """A database of these networks, put in place as geoipupdate does it."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    fresh = path.with_suffix(".new")
    writer.to_db_file(str(fresh))
    fresh.replace(path)


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "country.mmdb"
    write(
        found,
        {
            "89.160.20.0/24": {"country": {"iso_code": "SE"}, "registered_country": {"iso_code": "NO"}},
            "2a02:8100::/32": {"country": "de"},
            "198.51.100.0/24": {"registered_country": {"iso_code": "US"}},
            "203.0.113.0/24": {"country": {"iso_code": 7}},
        },
    )
    return found


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (SWEDISH, "SE"),
        (GERMAN, "DE"),
        ("198.51.100.1", ""),
        ("203.0.113.1", ""),
        ("127.0.0.1", ""),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_an_address_lies_in_the_country_that_the_file_says(path, address, code) -> None:
    assert CountryFile(path).country_of(address) == code


def test_a_file_that_was_replaced_is_read_again(path) -> None:
    countries = CountryFile(path, look_every=0)
    assert countries.country_of(SWEDISH) == "SE"

    write(path, {"89.160.20.0/24": {"country": {"iso_code": "FI"}}})

    assert countries.country_of(SWEDISH) == "FI"


def test_between_two_looks_the_file_is_left_alone(path) -> None:
    countries = CountryFile(path, look_every=3600)
    assert countries.country_of(SWEDISH) == "SE"

    write(path, {"89.160.20.0/24": {"country": {"iso_code": "FI"}}})

    assert countries.country_of(SWEDISH) == "SE"


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: replace(path, b"not a database")])
def test_where_the_new_file_is_bad_the_old_one_stays(path, damage, caplog) -> None:
    countries = CountryFile(path, look_every=0)
    assert countries.country_of(SWEDISH) == "SE"

    damage(path)

    with caplog.at_level(logging.WARNING):
        assert countries.country_of(SWEDISH) == "SE"
    assert "cannot be read" in caplog.text


def replace(path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    os.utime(fresh, (1, 1))
    fresh.replace(path)
