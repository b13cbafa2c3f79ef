import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from analytics.contracts import PUBLIC
from analytics.models import Import, InboxEntry
from analytics.models.imports import State
from analytics.services import import_work
from tests import factories
from tests.analytics import exports_of_others as others
from tests.analytics.events import event, store

TABLE = "Customer ID,Date,amount\n" + "".join(f"c{n},2026-03-01T08:00:0{n},2.5\n" for n in range(9))


@pytest.fixture
def at(client, owner, project):
    client.force_login(owner)
    return lambda name, *rest: reverse(name, args=[project.organization.slug, project.slug, *rest])


def upload(client, at, kind, content, name="file.x"):
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(at("imports"), {"format": kind, "file": SimpleUploadedFile(name, data)})


def body(response):
    return response.content.decode()


def test_a_table_is_uploaded_looked_at_started_and_read(client, at) -> None:
    response = upload(client, at, "csv", TABLE, "orders.csv")
    item = Import.objects.get()
    place = at("import", item.pk)
    first = client.get(place)
    unnamed = client.post(place, {"do": "start", "column_user_id": "Customer ID", "column_time": "Date"})
    options = {"column_user_id": "Customer ID", "column_time": "Date", "event": "Paid"}
    looked = client.post(place, {**options, "do": "look"})
    still = Import.objects.get().state
    started = client.post(place, {**options, "do": "start"})
    import_work.work(import_id=item.pk)
    done = client.get(place)

    assert response.url == place
    assert '<option value="Customer ID" selected>' in body(first)
    assert unnamed.status_code == 422
    assert "Name the events" in body(unnamed)
    assert looked.status_code == 200
    assert "{&quot;amount&quot;:2.5}" in body(looked)
    assert "1 Mar 2026, 08:00:00" in body(looked)
    assert still == State.UPLOADED
    assert started.url == place
    assert "9 rows imported" in body(done)
    assert "hx-trigger" not in body(done)


def test_a_file_of_another_format_is_refused_with_a_sentence(client, at) -> None:
    response = upload(client, at, "matomo", "a,b\n")

    assert response.status_code == 422
    assert "file.x is not a JSON array." in body(response)
    assert Import.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("ndjson", '{"event": "E", "user_id": "u"}\nrubbish\n'),
        ("umami", others.UMAMI),
        ("matomo", others.matomo()),
        ("plausible", others.plausible()),
    ],
)
def test_each_format_shows_its_first_rows_and_starts(client, at, kind, content) -> None:
    upload(client, at, kind, content)
    item = Import.objects.get()
    page = client.get(at("import", item.pk))
    client.post(at("import", item.pk), {"do": "start"})
    waiting = client.get(at("import_progress", item.pk))
    import_work.work(import_id=item.pk)
    over = client.get(at("import_progress", item.pk))

    assert "The first rows" in body(page)
    assert "unreadable" in body(page) or kind == "plausible"
    assert "Waits for a worker." in body(waiting)
    assert 'hx-trigger="every 2s"' in body(waiting)
    assert "Lines that cannot be read" in body(over)
    assert "hx-trigger" not in body(over)


def test_what_runs_says_how_far_it_is_and_can_be_cancelled(client, at, project) -> None:
    item = factories.ImportFactory.create(project=project, state=State.RUNNING, bytes_read=400, rows=12345)
    page = body(client.get(at("import", item.pk)))
    cancelled = client.post(at("import_cancel", item.pk))

    assert "40% of" in page
    assert "12,345" in page
    assert cancelled.url == at("imports")
    assert "Cancelled" in body(client.get(at("imports")))


def test_what_failed_says_why_and_can_be_tried_again(client, at, project) -> None:
    upload(client, at, "ndjson", '{"event": "E", "user_id": "u"}\n')
    Import.objects.update(state=State.FAILED, problem="The disk was full.")
    item = Import.objects.get()
    page = body(client.get(at("import", item.pk)))
    client.post(at("import_retry", item.pk))

    assert "The disk was full." in page
    assert "Try again from there" in page
    assert Import.objects.get().state == State.QUEUED


def test_the_list_shows_what_was_imported(client, at, project) -> None:
    assert "No import yet" in body(client.get(at("imports")))
    factories.ImportFactory.create(project=project, file_name="march.ndjson", accepted=1234)
    factories.ImportFactory.create(file_name="elsewhere.ndjson")
    page = body(client.get(at("imports")))

    assert "march.ndjson" in page
    assert "1,234" in page
    assert "elsewhere.ndjson" not in page


def test_an_import_of_another_project_is_not_there(client, at) -> None:
    other = factories.ImportFactory.create()

    assert client.get(at("import", other.pk)).status_code == 404
    assert client.post(at("import_cancel", other.pk)).status_code == 404


def test_totals_are_shown_by_day_as_they_were_exported(client, at, project) -> None:
    empty = body(client.get(at("imported")))
    upload(client, at, "plausible", others.plausible())
    item = Import.objects.get()
    client.post(at("import", item.pk), {"do": "start"})
    import_work.work(import_id=item.pk)
    days = " ".join(body(client.get(at("imported"))).split())
    pages = " ".join(body(client.get(at("imported"), {"topic": "pages"})).split())

    assert "No totals yet" in empty
    cells = '<td class="number">10</td><td class="number">12</td><td class="number">25</td>'
    assert cells in days.replace("> <", "><")
    assert "/pricing" in pages
    assert InboxEntry.objects.count() == 0


def test_the_export_page_offers_what_there_is(client, at, project) -> None:
    empty = body(client.get(at("export")))
    store(project, [event(name="E", user_id="u")])
    page = body(client.get(at("export")))

    assert "Nothing to export yet" in empty
    assert 'name="from"' in page
    offered = re.findall(r'name="columns" value="(\w+)"', page)
    assert offered == list(PUBLIC)
    assert client.get(at("export_file"), {"columns": offered}).status_code == 200
    assert client.get(at("export_file"), {"from": "rubbish"}).status_code == 400
