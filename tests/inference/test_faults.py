"""The faults of providers over both wire formats, each with its one right end.

Never a cut answer that looks whole, never a wait past its deadline, never a key or an account in what people see.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from accounts.models import UsageDay
from inference.choices import ProviderName, Status, Task
from inference.models import Call, Job
from tests.factories import JobFactory, LanguageModelFactory
from tests.inference.conftest import forget_circuits
from tests.simulators.llm import CACHED, words

BOTH = pytest.mark.parametrize("provider", [ProviderName.ANTHROPIC, ProviderName.OPENAI])
READ = 11 + CACHED
SECONDS = {"deadline": 4.0, "first_token": 1.0, "stall": 0.6, "job": 12.0}


@dataclass(frozen=True)
class End:
    """How a job is to end: status or error code, attempts, how many words it holds, the tokens that are billed.

    `before`: attempts that it has had already, of five.
    """

    status: str
    attempts: int = 1
    words: int = 0
    billed: int = 0
    says: str = ""
    before: int = 0


DONE = End(Status.SUCCEEDED, words=3, billed=READ + 3)
AGAIN = End(Status.SUCCEEDED, attempts=2, words=3, billed=READ + 3)

LATE = End("first_token_late", attempts=5, before=4)

# What is asked of the simulator, and the end.
FAULTS = {
    "too many requests, with seconds": ("fail=429 times=1 retry_after=0", AGAIN),
    "too many requests, with milliseconds": ("fail=429 times=1 retry_after_ms=20", AGAIN),
    "too many requests, with a date": ("fail=429 times=1 retry_after_date=0", AGAIN),
    "too many requests, without a word": ("fail=429 times=1", AGAIN),
    "a wish longer than the job may take": ("fail=429 retry_after=900", End("rate_limited")),
    "an error of the server": ("fail=500 times=1", AGAIN),
    "unavailable": ("fail=503 times=1", AGAIN),
    "overloaded": ("fail=529 times=1", AGAIN),
    "a timeout of the server": ("fail=408 times=1", AGAIN),
    "silence before the first byte": ("silent=1 times=1", AGAIN),
    "a head and nothing more": ("head=1", LATE),
    "a slow first token": ("first=30", LATE),
    "a stall in the middle": ("stall=2", End("stalled", words=2)),
    "cut in the middle": ("cut=2", End("cut", words=2)),
    "a malformed chunk in the middle": ("garbage=2", End("malformed", words=2)),
    "a line of megabytes": ("huge=2", End("malformed", words=2)),
    "an error object in the stream": ("error=2", End("overloaded|provider_failed", words=2)),
    "an end without a reason": ("endless=1", End("cut", words=3)),
    "an answer longer than the call may take": ("delay=0.2 tokens=60", End("deadline_exceeded", words=-1)),
    "content refused": ("refuse=1", End("refused", words=3)),
    "a context that is too long": ("long=1", End("too_long")),
    "an unknown model": ("fail=404", End("unknown_model")),
    "a bad request": ("fail=400", End("rejected")),
    "a bad request, in odd words": (
        "fail=400 odd=1",
        End("rejected", says="Odd \ufffd and ?."),
    ),
    "a wrong key": ("fail=401", End("credentials", says="did not accept the configured API key")),
    "a key that may not": ("fail=403", End("credentials")),
    "an account without credit": ("fail=402", End("quota")),
    "a web page": ("page=1 times=1", AGAIN),
    "a redirect": ("redirect=1", End("unreachable", says="redirect")),
    "packed, and broken": ("gzip=1 times=1", AGAIN),
    "an empty answer": ("tokens=0", End(Status.SUCCEEDED, billed=READ)),
    "the limit of tokens": ("limit=1", DONE),
    "usage first": ("usage=first", DONE),
    "usage twice": ("usage=twice", DONE),
}


@pytest.fixture
def quick(llm, settings):
    settings.INFERENCE = {**settings.INFERENCE, **SECONDS}
    return llm


def ask(provider: ProviderName, what: str, *, attempts: int = 0) -> Job:
    LanguageModelFactory.create(provider=provider, model="sim")
    prompt = f"@sim {what}" if "tokens" in what else f"@sim tokens=3 {what}"
    return JobFactory.create(
        task=Task.GENERATE, input={"prompt": prompt}, provider=provider, model="sim", attempts=attempts
    )


def said(events) -> str:
    """What a client holds at the end."""
    texts: list[str] = []
    for event in events:
        texts = [] if event.name == "restart" else texts
        texts += [event.data["text"]] if event.name == "token" else []
    return "".join(texts)


def billed(job: Job) -> int:
    return sum(
        UsageDay.objects.filter(organization=job.organization, model="sim", meter__endswith="tokens").values_list(
            "quantity", flat=True
        )
    )


def check(job: Job, events, end: End) -> None:
    whole = job.status == Status.SUCCEEDED
    assert (job.error_code or job.status) in end.status.split("|"), job.error_message
    assert job.attempts == end.attempts, job.error_message
    assert events[-1].name == ("done" if whole else "error")
    assert job.output == said(events)
    assert job.output == "".join(words(end.words)) or (end.words < 0 and job.output)
    assert bool(job.finish_reason) is whole
    assert billed(job) == end.billed
    assert end.says in job.error_message
    assert_no_secret(job)


def assert_no_secret(job: Job) -> None:
    texts = [job.error_message, *Call.objects.filter(job=job).values_list("error_message", flat=True)]
    assert not [text for text in texts for secret in ("sk-", "org-acme", "Bearer") if secret in text]


@BOTH
@pytest.mark.parametrize(("what", "end"), FAULTS.values(), ids=FAULTS)
def test_each_fault_has_its_end(run, quick, provider, what, end) -> None:
    job = ask(provider, what, attempts=end.before)
    began = monotonic()

    events = run(job)

    check(job, events, end)
    assert monotonic() - began < SECONDS["job"] + 4
    assert Call.objects.filter(job=job).count() >= job.attempts - end.before


def test_without_usage_nothing_is_charged_and_it_is_said(run, quick) -> None:
    job = ask(ProviderName.OPENAI, "usage=none")

    events = run(job)

    check(job, events, End(Status.SUCCEEDED, words=3))
    assert (job.tokens_output, job.cost) == (None, None)
    assert "usage" not in [event.name for event in events]


@contextmanager
def listening(context: ssl.SSLContext | None, *, closing: bool) -> Iterator[int]:
    """A server on a port of its own that speaks no HTTP at all, with TLS or without."""
    ready, stop = threading.Event(), asyncio.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        found["loop"] = asyncio.get_running_loop()
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context)
        found["port"] = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not closing:
            writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        writer.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found["port"]
    finally:
        found["loop"].call_soon_threadsafe(stop.set)
        thread.join(10)


def self_signed(file: Path) -> ssl.SSLContext:
    """A server's TLS by a certificate of its own."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(timezone.now() - timedelta(days=1))
    signed = made.not_valid_after(timezone.now() + timedelta(days=1)).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def at(settings, provider: ProviderName, address: str) -> None:
    """Both providers are there."""
    given = {**settings.INFERENCE[provider.value], "base_url": address}
    settings.INFERENCE = {**settings.INFERENCE, provider.value: given}


@BOTH
def test_nobody_listens(run, quick, settings, provider) -> None:
    at(settings, provider, f"http://127.0.0.1:{unused_port()}/v1")
    job = ask(provider, "", attempts=4)

    events = run(job)

    check(job, events, End("unreachable", attempts=5, says="could not be reached."))


@BOTH
def test_the_name_has_no_address(run, quick, settings, provider) -> None:
    at(settings, provider, "https://nowhere.invalid/v1")
    job = ask(provider, "", attempts=4)

    events = run(job)

    check(job, events, End("unreachable", attempts=5, says="its name has no address"))


@BOTH
def test_the_server_speaks_no_tls(run, quick, settings, provider) -> None:
    with listening(None, closing=False) as port:
        at(settings, provider, f"https://127.0.0.1:{port}/v1")
        job = ask(provider, "")
        events = run(job)

    check(job, events, End("unreachable", says="no secure connection could be made"))


@BOTH
def test_the_certificate_is_nobodys(run, quick, settings, tmp_path, provider) -> None:
    with listening(self_signed(tmp_path / "server.pem"), closing=True) as port:
        at(settings, provider, f"https://127.0.0.1:{port}/v1")
        job = ask(provider, "")
        events = run(job)

    check(job, events, End("unreachable", says="its certificate is not valid"))


@BOTH
def test_the_server_speaks_no_http(run, quick, settings, provider) -> None:
    with listening(None, closing=False) as port:
        at(settings, provider, f"http://127.0.0.1:{port}/v1")
        job = ask(provider, "", attempts=4)
        events = run(job)

    check(job, events, End("unreachable", attempts=5, says="could not be reached"))


@BOTH
def test_a_job_may_name_an_earlier_end_of_its_own(run, quick, provider, settings) -> None:
    # By the usual end it would wait for the next attempt. A second of its own was too little to import an SDK.
    settings.INFERENCE = {**settings.INFERENCE, "job": 100.0}
    job = ask(provider, "fail=429 retry_after=40")
    Job.objects.filter(pk=job.pk).update(deadline_seconds=30)
    began = monotonic()

    run(job)

    assert (job.error_code, job.attempts) == ("rate_limited", 1)
    assert monotonic() - began < 30
    forget_circuits(settings.REDIS_URL)
