"""The privacy pages in a browser: find, erase with the id typed once more, and the receipt."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.analytics.events import NOON, event, store
from tests.analytics.test_erasures import finish
from tests.browser.test_accessible import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_person_is_found_and_erased_and_there_is_a_receipt(visit, project, owner, console):
    factories.ErasureFactory.create(project=project, requested_at=NOON)
    long = "somebody-with-a-name-that-breaks-nowhere-" * 4
    store(project, [event(anonymous_id=long), event(kind="identify", anonymous_id=long, user_id="ada")])
    page = visit(reverse("privacy", args=["acme", "shop"]), user=owner)
    page.get_by_label("Id of a person").fill("ada")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("2 ids of this person").click()
    page.get_by_text("Erase this person…").click()
    check(page)

    page.get_by_label("Type the id once more").fill("Ada")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("Nothing was erased")).to_be_visible()
    # The browser notes the answer's 422.
    console.clear()
    page.get_by_label("Type the id once more").fill("ada")
    page.get_by_role("button", name="Erase for good").click()
    page.get_by_text("No answer shows this person").wait_for()
    check(page)

    assert finish(project) == 2
    page.reload()
    page.get_by_text("2 hashes").click()
    expect(page.get_by_text("How it was verified")).to_be_visible()
    check(page)
