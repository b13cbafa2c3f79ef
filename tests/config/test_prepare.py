import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from config.management.commands.prepare import fingerprint


@pytest.fixture
def sources(settings, tmp_path: Path) -> Path:
    """A folder with one static file, and nowhere else to look."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "app.css").write_text("a {}")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    return folder


def test_a_changed_file_has_another_fingerprint(sources) -> None:
    before = fingerprint()
    os.utime(sources / "app.css", ns=(1, 1))

    assert fingerprint() != before


@pytest.mark.django_db
def test_static_files_are_collected_again_only_after_a_change(settings, sources) -> None:
    call_command("prepare", stdout=StringIO())
    collected = settings.STATIC_ROOT / "app.css"
    assert collected.read_text() == "a {}"

    collected.write_text("as it was left")
    call_command("prepare", stdout=StringIO())
    assert collected.read_text() == "as it was left"

    (sources / "app.css").write_text("b { color: red }")
    call_command("prepare", stdout=StringIO())
    assert collected.read_text() == "b { color: red }"
