"""The examples of docs/openai.md run, in their order, against the product."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from inference.models import Job
from tests.inference.openai_api.conftest import KEY
from tests.simulators.llm import saying

TEXT = (Path(settings.ROOT) / "docs" / "openai.md").read_text()
EXAMPLES = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.stack
def test_the_examples_run(base_url, key, capsys) -> None:
    here = {
        "https://plumbline.example.com/v1": base_url,
        "pls_…": KEY,
        "gpt-5-mini": "sim",
        "Oslo has 700,000 people.": "@sim " + saying('{"name": "Oslo", "people": 700000}'),
        "Tell me of Oslo.": "@sim tokens=9 delay=0.05",
    }
    text = TEXT
    for word, instead in here.items():
        text = text.replace(word, instead)
    examples = EXAMPLES.findall(text)
    names: dict[str, Any] = {}

    for example in examples:
        exec(compile(example, "docs/openai.md", "exec"), names)
    names["client"].close()

    printed = capsys.readouterr().out
    assert len(examples) == 7
    assert "wörd0" in printed
    assert "name='Oslo' people=700000" in printed
    assert printed.splitlines()[-1] == "completed"
    assert Job.objects.count() == 7
