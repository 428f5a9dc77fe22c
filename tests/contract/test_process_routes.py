# SPDX-License-Identifier: Apache-2.0
"""What a running server answers beside the API: health, readiness, metrics, the lab; and TLS."""

import json
import re
import sqlite3
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.connection import Client, receiver
from tests.support.live import LiveServer
from tests.support.registry import Registry, assert_one_line

BUCKET_OF_ALL = 'le="+Inf"'


class Page(NamedTuple):
    status: int
    kind: str
    text: str


def ask(url: str, data: bytes | None = None, context: ssl.SSLContext | None = None) -> Page:
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(url, data=data, timeout=15) as answer:
            return Page(answer.status, answer.headers["content-type"], answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Page(error.code, error.headers["content-type"], error.read().decode())


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with Registry(tmp_path_factory.mktemp("serve")).serve() as running:
        yield running


# ---- health ------------------------------------------------------------------------------------


def test_says_that_it_lives_and_is_ready(serve: LiveServer) -> None:
    health = ask(f"{serve.endpoint}/healthz")
    ready = ask(f"{serve.endpoint}/readyz")

    assert (health.status, health.text) == (200, "ok\n")
    assert (ready.status, json.loads(ready.text)) == (200, {"ready": True})


@pytest.mark.parametrize("wait", ["30s", "30", "0", "0.5s"])
def test_does_not_wait_when_it_is_ready(serve: LiveServer, wait: str) -> None:
    begun = time.monotonic()

    ready = ask(f"{serve.endpoint}/readyz?wait={wait}")

    assert ready.status == 200
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("wait", ["soon", "-1", "1h", "", "1e9", "nan"])
def test_refuses_a_wait_that_is_no_time(serve: LiveServer, wait: str) -> None:
    answer = ask(f"{serve.endpoint}/readyz?wait={wait}")

    assert answer.status == 400
    assert "wait" in json.loads(answer.text)["error"]


def test_is_not_ready_while_the_store_takes_no_writes(tmp_path: Path) -> None:
    with LiveServer("--data", str(tmp_path)) as server:
        with closing(sqlite3.connect(tmp_path / "yizhan.db", isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            locked = ask(f"{server.endpoint}/readyz")
            health = ask(f"{server.endpoint}/healthz")
            db.execute("ROLLBACK")
        ready = ask(f"{server.endpoint}/readyz?wait=30s")

    assert locked.status == 503
    assert json.loads(locked.text)["ready"] is False
    assert json.loads(locked.text)["reason"]
    assert health.status == 200
    assert ready.status == 200


# ---- metrics -----------------------------------------------------------------------------------


def value(metrics: str, name: str, *labels: str) -> float:
    """The sum of the metric's samples that carry all these labels; fails if there is none."""
    samples = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", metrics, re.MULTILINE)
    fitting = [float(number) for found, number in samples if all(each in found for each in labels)]
    assert fitting, f"no sample of {name} with {labels}"
    return sum(fitting)


def test_counts_calls_by_action_and_code_and_measures_them() -> None:
    create = 'action="CreateMessageReceiver"'
    with LiveServer() as server, Client(server) as client:
        for number in range(3):
            client.create(f"r{number}")
        client.create("r0")
        client.call("NoSuchAction", {})

        page = ask(f"{server.endpoint}/metrics")

    assert page.kind.startswith("text/plain; version=")
    assert value(page.text, "yizhan_requests_total", create, 'code="OK"') == 3
    taken = 'code="InvalidParameter.SubUserNameInUse"'
    assert value(page.text, "yizhan_requests_total", create, taken) == 1
    assert value(page.text, "yizhan_requests_total", 'code="InvalidAction"') == 1
    assert value(page.text, "yizhan_request_seconds_bucket", create, BUCKET_OF_ALL) == 4
    assert 0 < value(page.text, "yizhan_request_seconds_sum", create) < 4
    assert value(page.text, "yizhan_commit_group_size_sum") >= 4
    assert value(page.text, "yizhan_commit_seconds_count") >= 1
    assert value(page.text, "yizhan_store_queue_depth") == 0
    assert value(page.text, "yizhan_log_lines_dropped") == 0


def test_lets_callers_invent_no_metrics() -> None:
    with LiveServer() as server, Client(server) as client:
        for number in range(5):
            client.call(f"Invented{number}", {})

        page = ask(f"{server.endpoint}/metrics")

    assert "Invented" not in page.text


# ---- everything else is the API ----------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/_lab/reset",
        "/_lab/clock",
        "/_lab/seed",
        "/_lab/",
        "/_lab",
        "/no/such/page",
        "/healthz/more",
        "/healthzzz",
        "/metrics.html",
    ],
)
@pytest.mark.parametrize("data", [None, b"{}"], ids=["GET", "POST"])
def test_answers_any_other_path_of_serve_as_the_api(
    serve: LiveServer, path: str, data: bytes | None
) -> None:
    answer = ask(f"{serve.endpoint}{path}", data)

    assert (answer.status, answer.kind) == (200, "application/json")
    error = json.loads(answer.text)["Response"]["Error"]
    assert error["Code"] in ("MissingParameter", "InvalidParameter")


def test_has_no_lab_in_the_process_of_serve(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.account(500, "--real-name")
    with registry.serve() as server, Client(server, registry.key(500)) as client:
        client.create("stays")

        ask(f"{server.endpoint}/_lab/reset", b"{}")

        assert [each["Name"] for each in client.all_receivers()] == ["stays"]


def test_signed_calls_reach_the_api_whatever_their_path(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.account(500, "--real-name")
    with registry.serve() as server, Client(server, registry.key(500)) as client:
        whole = client.request("CreateMessageReceiver", receiver("用户"))
        client.send(whole.replace(b"POST / ", b"POST /_lab/reset "))
        answer = client.read()

    assert (answer.status, answer.code) == (200, "")


# ---- TLS ---------------------------------------------------------------------------------------


def make_tls_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}-key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def test_serves_over_tls(tmp_path: Path) -> None:
    certificate, key = make_tls_pair(tmp_path, "good")
    registry = Registry(tmp_path)
    registry.environ |= {
        "YIZHAN_SERVER_TLS_CERTIFICATE": str(certificate),
        "YIZHAN_SERVER_TLS_KEY": str(key),
    }
    with registry.serve() as server:
        url = f"https://localhost:{server.port}/readyz"
        ready = ask(url, context=ssl.create_default_context(cafile=str(certificate)))

    assert server.endpoint.startswith("https://127.0.0.1:")
    assert ready.status == 200


def test_refuses_a_certificate_of_another_key(tmp_path: Path) -> None:
    certificate, _ = make_tls_pair(tmp_path, "one")
    _, key = make_tls_pair(tmp_path, "other")
    registry = Registry(tmp_path)
    registry.environ |= {
        "YIZHAN_SERVER_TLS_CERTIFICATE": str(certificate),
        "YIZHAN_SERVER_TLS_KEY": str(key),
    }

    assert_one_line(registry.start(), 2, "not usable for TLS")
