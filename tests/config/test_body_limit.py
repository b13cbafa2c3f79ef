import asyncio
import json
import re

from asgiref.testing import ApplicationCommunicator

from config.body_limit import BodyLimit

SCOPE = {"type": "http", "method": "POST", "path": "/v1/batch", "headers": []}


async def reads_it_all(scope, receive, send) -> None:
    """Answers with the length of the body, or nothing when the client has gone, as Django does."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


def ask(
    *chunks: bytes, headers: tuple[tuple[bytes, bytes], ...] = (), path: str = "/v1/batch"
) -> tuple[int, bytes]:
    async def main() -> tuple[int, bytes]:
        limited = BodyLimit(reads_it_all, limit=2**20, larger={re.compile("/imports/"): 2**21})
        client = ApplicationCommunicator(limited, {**SCOPE, "headers": headers, "path": path})
        for chunk in chunks:
            await client.send_input({"type": "http.request", "body": chunk, "more_body": True})
        await client.send_input({"type": "http.request", "body": b"", "more_body": False})
        start, body = await client.receive_output(5), await client.receive_output(5)
        return start["status"], body["body"]

    return asyncio.run(main())


def test_a_body_up_to_the_limit_passes() -> None:
    assert ask(b"x" * 2**19, b"x" * 2**19) == (200, b"1048576")


def test_an_announced_body_over_the_limit_is_refused_unread() -> None:
    status, body = ask(headers=((b"content-length", b"1048577"),))

    assert status == 413
    assert json.loads(body) == {"error": {"code": "too_large", "message": "The body is larger than 1 MB."}}


def test_a_body_that_grows_over_the_limit_is_refused() -> None:
    status, body = ask(b"x" * 2**20, b"x")

    assert status == 413
    assert json.loads(body)["error"]["code"] == "too_large"


def test_a_length_that_is_no_number_is_counted_instead() -> None:
    assert ask(b"abc", headers=((b"content-length", b"many"),)) == (200, b"3")


def test_another_limit_holds_at_the_addresses_that_take_files() -> None:
    assert ask(b"x" * 2**21, path="/imports/") == (200, b"2097152")
    assert ask(b"x" * 2**21, b"x", path="/imports/")[0] == 413
    assert ask(b"x" * 2**21, path="/imports/elsewhere/")[0] == 413
