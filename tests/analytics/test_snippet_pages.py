"""The snippet that people copy: on the page that waits for the first event, and in the settings."""

import re
from html import unescape

import pytest
from django.urls import reverse

ADDRESS = re.compile(r'<script defer src="([^"]+)"\s+data-key="([^"]+)"></script>')


@pytest.mark.parametrize("name", ["overview", "project_settings"])
def test_it_loads_the_script_of_this_installation(client, owner, project, settings, name) -> None:
    settings.BASE_URL = "http://testserver"
    client.force_login(owner)

    shown = unescape(client.get(reverse(name, args=["acme", "shop"])).content.decode())

    found = ADDRESS.search(shown)
    assert found is not None
    assert client.get(found[1]).headers["Content-Type"].startswith("text/javascript")
    assert found[2] == "YOUR_WRITE_KEY"
