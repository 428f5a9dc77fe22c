# SPDX-License-Identifier: Apache-2.0
"""What the operator does wrong is said in one clear line, with a stable exit code."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.registry import Registry, assert_one_line, assert_wrong_usage

CONTACT = ("--country-code", "86", "--phone-number", "13800138000", "--email", "a@example.com")
TOO_LARGE = "9" * 30
NOT_TEXT = b"\xff".decode("utf-8", "surrogateescape")
"""A byte that no UTF-8 text has, as the shell hands it over."""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Account 500 with sub-user 501 and the key AKIDone; nothing here changes it."""
    made = Registry(tmp_path_factory.mktemp("faults"))
    made.account(500)
    made.text("user", "create", "500", "--name", "ci", "--uin", "501")
    (made.folder / "secret").write_text("a-secret\n")
    (made.folder / "not-text").write_bytes(b"\xff\xfe\x00")
    (made.folder / "empty").write_bytes(b"\n")
    (made.folder / "folder").mkdir()
    made.text(
        "key",
        "create",
        "500",
        "--secret-id",
        "AKIDone",
        "--secret-key-file",
        made.folder / "secret",
    )
    return made


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("account", "create", "--name", "x", "--uin", "500"), "the uin 500 is taken"),
        (("account", "create", "--name", "x", "--uin", "501"), "the uin 501 is taken"),
        (("account", "update", "999", "--real-name"), "there is no account 999"),
        (("account", "contact", "999", "--name", "x", *CONTACT), "there is no account 999"),
        (("account", "contact", "500", "--name", "ci", *CONTACT), "the name ci is in use"),
        (("account", "contact", "500", "--name", "x", *CONTACT[:5], "nomail"), "Email"),
        (("user", "create", "999", "--name", "x"), "there is no account 999"),
        (("user", "create", "500", "--name", "ci"), "has the name ci"),
        (("user", "create", "500", "--name", "x", "--uin", "500"), "the uin 500 is taken"),
        (("user", "permit", "500", "--permit", "cam:*"), "there is no sub-user 500"),
        (("user", "delete", "999"), "there is no sub-user 999"),
        (("key", "create", "999"), "there is no account or sub-user 999"),
        (("key", "enable", "AKIDnone"), "there is no key AKIDnone"),
        (("key", "disable", "AKIDnone"), "there is no key AKIDnone"),
        (("key", "delete", "AKIDnone"), "there is no key AKIDnone"),
        (("receiver", "delete", "500", "nobody"), "no receiver named nobody"),
        (("receiver", "delete", "999", "nobody"), "there is no account 999"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
def test_says_why_it_is_refused(registry: Registry, words: tuple[str, ...], said: str) -> None:
    done = registry.run(*words)

    assert_one_line(done, 1, said)


@pytest.mark.parametrize(
    "words",
    [
        ("user", "list", "999"),
        ("key", "list", "999"),
        ("receiver", "list", "999"),
        ("quota", "show", "999"),
        ("quota", "reset", "999"),
    ],
    ids=" ".join,
)
def test_says_that_there_is_no_such_account(registry: Registry, words: tuple[str, ...]) -> None:
    done = registry.run(*words)

    assert_one_line(done, 1, "999")


@pytest.mark.parametrize(
    ("file", "said"),
    [("not-text", "cannot be read"), ("empty", "does not hold a SecretKey")],
)
def test_says_what_is_wrong_with_a_file_of_a_secret(
    registry: Registry, file: str, said: str
) -> None:
    done = registry.run("key", "create", "501", "--secret-id", "AKIDnew", "--secret-key-file", file)

    assert_one_line(done, 1, said)


def test_refuses_a_secret_id_that_is_taken(registry: Registry) -> None:
    done = registry.run(
        "key", "create", "501", "--secret-id", "AKIDone", "--secret-key-file", "secret"
    )

    assert_one_line(done, 1, "the SecretId AKIDone is taken")


@pytest.mark.parametrize("secret_id", ["", "two words", "with/slash", "comma,comma"])
def test_refuses_a_secret_id_that_no_client_could_send(registry: Registry, secret_id: str) -> None:
    done = registry.run(
        *("key", "create", "501", "--temporary"),
        *("--secret-id", secret_id, "--secret-key-file", "secret"),
    )

    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_refuses_a_permission_that_grants_nothing(registry: Registry) -> None:
    done = registry.run("user", "create", "500", "--name", "typo", "--permit", "cam:ListReciever")

    assert done.returncode in (1, 2)
    assert "cam:ListReciever" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("account", "create"), "--name"),
        (("account", "create", "--name", "x", "--uin", "0"), "--uin"),
        (("account", "create", "--name", "x", "--uin", "x"), "--uin"),
        (("account", "create", "--name", "x", "--uin", TOO_LARGE), "--uin"),
        (("account", "create", "--name", "x", "--app-id", TOO_LARGE), "--app-id"),
        (("account", "update"), "UIN"),
        (("account", "frobnicate"), "frobnicate"),
        (("key", "create", "501", "--secret-id", "AKIDnew"), "go together"),
        (("key", "create", "501", "--secret-key-file", "secret"), "go together"),
        (("key", "create", "501", "--secret-id", "A", "--secret-key-file", "none"), "none"),
        (("key", "create", "501", "--secret-id", "A", "--secret-key-file", "folder"), "folder"),
        (("key", "create", "501", "--temporary", "--expires-in", "0"), "--expires-in"),
        (("key", "create", "501", "--temporary", "--expires-in", TOO_LARGE), "--expires-in"),
        (("receiver", "list", "500", "--limit", "0"), "--limit"),
        (("receiver", "list", "500", "--offset", "-1"), "--offset"),
        (("env", "--port", "0"), "--port"),
        (("check", "--profile", "prod"), "--profile"),
        (("status", "--url", "nonsense"), "--url"),
        (("status", "--wait", "-1"), "--wait"),
        (("frobnicate",), "frobnicate"),
    ],
    ids=lambda value: " ".join(value[:4]) if isinstance(value, tuple) else "",
)
def test_shows_the_usage_of_what_it_did_not_understand(
    registry: Registry, words: tuple[str, ...], said: str
) -> None:
    done = registry.run(*words)

    assert_wrong_usage(done, said)


@pytest.mark.parametrize(
    "words",
    [
        ("account", "create", "--name", NOT_TEXT),
        ("user", "create", "500", "--name", NOT_TEXT),
        ("receiver", "delete", "500", NOT_TEXT),
        ("key", "disable", NOT_TEXT),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_refuses_words_that_are_no_text(registry: Registry, words: tuple[str, ...]) -> None:
    done = registry.run(*words)

    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("account", "list"),
        ("account", "update", "500", "--real-name"),
        ("user", "list", "500"),
        ("key", "list", "500"),
        ("quota", "show", "500"),
        ("receiver", "list", "500"),
        ("rotate-secrets",),
    ],
    ids=" ".join,
)
def test_makes_no_store_where_it_was_to_find_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    elsewhere = Registry(tmp_path)

    done = elsewhere.run(*words)

    assert_one_line(done, 1, "there is no store yet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:port", "http://", "http://[::1", "http://127.0.0.1:99999", "http://a b/"],
)
def test_status_of_a_bad_address_is_no_riddle(registry: Registry, url: str) -> None:
    done = registry.run("status", "--url", url)

    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n[]",
        b"HTTP/1.0 200 OK\r\n\r\n\xff",
        b"HTTP/1.0 503 Not now\r\n\r\n[]",
        b"",
    ],
)
def test_status_of_something_that_is_no_yizhan_is_a_failure(
    registry: Registry, answer: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:

        def answer_once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        answering = threads.submit(answer_once)
        done = registry.run("status", "--url", f"http://127.0.0.1:{listener.getsockname()[1]}")
        answering.result()

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
