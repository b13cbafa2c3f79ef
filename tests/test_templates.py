"""What templates write for programs: Django groups the digits of all numbers, as people read them."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).parents[1] / "templates"
# An id or a number, as it is, in a query or in the value of a field.
_PLACE = r'(?:[?;&]\w+=(?:\w+:)?|(?:value|max)=")'
# Jobs and runs have UUIDs.
_GROUPED = re.compile(_PLACE + r"\{\{ *(?!job\.pk|run\.pk)[\w.]*(?:\bpk|\bid|number|count)(?:\|add:[^|}]+)? *\}\}")


def test_no_id_has_its_digits_grouped_where_a_program_reads_it() -> None:
    pages = sorted(TEMPLATES.rglob("*.html"))
    found = [f"{page.name}: {match[0]}" for page in pages for match in _GROUPED.finditer(page.read_text())]

    assert len(pages) > 200
    assert found == []
    assert _GROUPED.search('<a href="?of=key:{{ key.id }}">')
    assert not _GROUPED.search("<a href=\"?of=key:{{ key.id|stringformat:'s' }}\">")
