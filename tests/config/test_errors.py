import pytest
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


def test_the_handlers_are_in_place() -> None:
    response = Client().get("/healthz", headers={"Host": "evil.test"})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid"
