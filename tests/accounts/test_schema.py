"""The API's description: in both forms, named, and made once."""

import json
from unittest.mock import Mock

import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator

from accounts.api import schema

PATH = "/api/schema/"


def test_json_and_yaml_say_the_same(client) -> None:
    as_json = client.get(PATH, headers={"accept": "application/json"})
    as_yaml = client.get(PATH)

    assert as_json["Content-Type"] == "application/json"
    assert as_json["Content-Disposition"] == 'inline; filename="plumbline.json"'
    assert as_yaml["Content-Type"].startswith("application/vnd.oai.openapi")
    assert as_yaml["Content-Disposition"] == 'inline; filename="plumbline.yaml"'
    described = json.loads(as_json.content)
    assert described == yaml.safe_load(as_yaml.content)
    assert "/api/v1/inference/jobs/" in described["paths"]


def test_it_is_made_once(client, monkeypatch: pytest.MonkeyPatch) -> None:
    schema._written.cache_clear()
    made = Mock(return_value={"openapi": "3.1.1"})
    monkeypatch.setattr(SchemaGenerator, "get_schema", made)

    answers = [client.get(PATH + query).content for query in ("?format=json", "?format=json&lang=de&version=7")]

    schema._written.cache_clear()
    assert [json.loads(answer) for answer in answers] == [{"openapi": "3.1.1"}] * 2
    assert made.call_count == 1
