"""Other products' libraries, unmodified, as subprocesses of Node."""

import os
import shutil
import subprocess

import pytest

from tests import clients_setup


@pytest.fixture
def node():
    """`node("segment_node.mjs", url, key, NAME="value")`: what the script prints; its failure is the test's."""
    program = shutil.which("node")
    if program is None or not clients_setup.is_installed():
        pytest.fail(clients_setup.MISSING)

    def run(script: str, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            [program, script, *arguments],
            cwd=clients_setup.FOLDER,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run
