# SPDX-License-Identifier: Apache-2.0
"""Signing in to the console of `yizhan serve`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.connection import Key
from tests.support.console import visitor
from tests.support.html import Page
from tests.support.live import LiveServer
from tests.support.registry import Registry

UIN = 100000000777
GUARDED = (
    "/receivers",
    "/receivers/import",
    "/accounts",
    f"/accounts/{UIN}",
    "/audit",
    "/settings",
    "/inspector",
    "/inspector/events",
    "/inspector/export",
    "/inspector/recordings/x",
    "/requests/f709ad6e-0000-4000-8000-000000000000",
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path)
    made.account(UIN, "--real-name")
    return made


@pytest.fixture
def server(registry: Registry) -> Iterator[LiveServer]:
    with registry.serve() as running:
        yield running


def test_leads_to_sign_in_and_back(registry: Registry, server: LiveServer) -> None:
    key = registry.key(UIN)
    with visitor(server) as reader:
        led = reader.http.get("/audit?before=7")
        assert led.status_code == 303
        assert led.headers["location"] == "/sign-in?next=%2Faudit%3Fbefore%3D7"

        form = {"secret_id": key.secret_id, "secret_key": key.secret_key, "next": "/audit"}
        signed_in = reader.post("/sign-in", **form)

        assert signed_in.url.path == "/audit"
        assert "sign-in" in Page.of(signed_in.text).text


@pytest.mark.parametrize("path", GUARDED)
def test_shows_nothing_to_who_is_not_signed_in(server: LiveServer, path: str) -> None:
    with visitor(server) as reader:
        answer = reader.http.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
        assert reader.post(path).status_code in (401, 405)


def test_the_cookie_is_kept_from_scripts_and_other_sites(
    registry: Registry, server: LiveServer
) -> None:
    key = registry.key(UIN)
    fields = {"secret_id": key.secret_id, "secret_key": key.secret_key}
    with visitor(server) as reader:
        plain = reader.http.post("/sign-in", data=fields, headers={"Origin": server.endpoint})
        behind_tls = reader.http.post(
            "/sign-in",
            data=fields,
            headers={"Origin": server.endpoint.replace("http:", "https:")},
        )

    assert "httponly" in plain.headers["set-cookie"].lower()
    assert "samesite=lax" in plain.headers["set-cookie"].lower()
    assert "secure" not in plain.headers["set-cookie"].lower()
    assert "secure" in behind_tls.headers["set-cookie"].lower()


def test_the_session_ends_with_sign_out(registry: Registry, server: LiveServer) -> None:
    with visitor(server) as reader:
        reader.sign_in(registry.key(UIN))
        cookies = dict(reader.http.cookies)
        assert reader.get("/receivers").status_code == 200

        reader.post("/sign-out")
        reader.http.cookies.update(cookies)  # who has kept the cookie has nothing

        assert reader.get("/receivers").status_code == 303


@pytest.mark.parametrize("end", ["disable", "delete"])
def test_the_session_ends_with_its_key(registry: Registry, server: LiveServer, end: str) -> None:
    key = registry.key(UIN)
    with visitor(server) as reader:
        reader.sign_in(key)
        assert reader.get("/receivers").status_code == 200

        registry.text("key", end, key.secret_id)

        assert reader.get("/receivers").status_code == 303


def test_the_session_ends_with_its_operator(registry: Registry, server: LiveServer) -> None:
    token = registry.json("operator", "create", "alice")["token"]
    with visitor(server) as reader:
        reader.sign_in(token=token)
        assert "account-100000000777" in reader.get("/accounts").text

        registry.text("operator", "delete", "alice")

        assert reader.get("/accounts").status_code == 303
        assert reader.sign_in(token=token).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret_id": "AKIDnobody", "secret_key": "x"},
        {"secret_id": "", "secret_key": ""},
        {"token": "alice:wrong"},
        {"token": "nobody:wrong"},
        {"token": "\x00"},
    ],
)
def test_refuses_in_the_same_words_whatever_is_wrong(
    registry: Registry, server: LiveServer, wrong: dict[str, str]
) -> None:
    registry.json("operator", "create", "alice")
    key = registry.key(UIN)
    with visitor(server) as reader:
        known = reader.post("/sign-in", secret_id=key.secret_id, secret_key="wrong")
        other = reader.post("/sign-in", **wrong)

        assert known.status_code == other.status_code == 403
        assert known.text == other.text
        assert not reader.http.cookies


def test_a_temporary_key_does_not_sign_in(registry: Registry, server: LiveServer) -> None:
    key = registry.key(UIN, "--temporary")
    with visitor(server) as reader:
        assert reader.sign_in(key).status_code == 403


def test_attempts_are_limited_and_told_in_the_audit(registry: Registry, server: LiveServer) -> None:
    key = registry.key(UIN)
    wrong = Key(key.secret_id, "wrong")
    with visitor(server) as reader:
        codes = [reader.sign_in(wrong).status_code for _ in range(11)]
        right = reader.sign_in(key).status_code

    assert codes == [403] * 10 + [429]
    assert right == 429
    told = [each["operation"] for each in registry.json("audit")]
    assert told.count("sign-in.failed") == 10
    assert "sign-in.blocked" in told
    assert key.secret_id not in registry.text("audit")[200:].split("sign-in.failed")[1]


def test_a_foreign_page_cannot_sign_somebody_in_or_out(
    registry: Registry, server: LiveServer
) -> None:
    key = registry.key(UIN)
    fields = {"secret_id": key.secret_id, "secret_key": key.secret_key}
    with visitor(server) as reader:
        headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert reader.http.post("/sign-in", data=fields, headers=headers).status_code == 403
        reader.sign_in(key)
        assert reader.http.post("/sign-out", headers=headers).status_code == 403
        assert reader.get("/receivers").status_code == 200


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil", "x"])
def test_never_leads_away_after_sign_in(
    registry: Registry, server: LiveServer, address: str
) -> None:
    key = registry.key(UIN)
    fields = {"secret_id": key.secret_id, "secret_key": key.secret_key, "next": address}
    with visitor(server) as reader:
        led = reader.http.post("/sign-in", data=fields, headers={"Origin": server.endpoint})
    assert led.headers["location"] == "/receivers"


def test_tokens_are_stored_as_argon2_alone(registry: Registry) -> None:
    token = registry.json("operator", "create", "alice")["token"]

    content = b"".join(file.read_bytes() for file in registry.folder.iterdir())

    assert b"$argon2id$" in content
    assert token.encode() not in content
    assert token.partition(":")[2].encode() not in content
