import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client, RequestFactory

from config import errors


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/nothing", "/v1/nothing"])
def test_an_unknown_address_of_the_api_answers_in_the_envelope(client, path) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response.json() == {"error": {"code": "not_found", "message": f"There is no {path} here."}}


def test_an_unknown_page_is_a_page(db: None, client) -> None:
    response = client.get("/nothing/")

    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/projects/", "application/json"), ("/o/acme/", "text/html")])
def test_what_breaks_answers_as_its_address_does(path, kind) -> None:
    response = errors.server_error(RequestFactory().get(path))

    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith(kind)


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/projects/", "application/json"), ("/o/acme/", "text/html")])
def test_what_cannot_be_understood_answers_as_its_address_does(path, kind) -> None:
    response = errors.bad_request(RequestFactory().get(path), ValueError("secret detail"))

    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith(kind)
    assert b"secret detail" not in response.content


@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("/o/acme/", {}, b"<!doctype html>"),
        ("/o/acme/", {"HX-Request": "true"}, b'<div class="state" role="alert">'),
        ("/api/v1/projects/", {}, b'{"error"'),
        ("/v1/nothing/", {"HX-Request": "true"}, b'{"error"'),
    ],
)
def test_without_the_database_every_address_says_when_to_come_back(
    owner, organization, monkeypatch, path, headers, kind
) -> None:
    def refuse(_session) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    client = Client(raise_request_exception=False)
    client.force_login(owner)
    monkeypatch.setattr(SessionStore, "load", refuse)

    response = client.get(path, headers=headers)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.content.lstrip()[: len(kind)].lower() == kind.lower()
    assert b"unexpectedly" not in response.content


def test_the_handlers_are_in_place() -> None:
    response = Client().get("/healthz", headers={"Host": "evil.test"})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid"
