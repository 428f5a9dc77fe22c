# SPDX-License-Identifier: Apache-2.0
"""The console of `yizhan dev`, by its pages and forms alone."""

import csv
import io
import json
import re
from collections.abc import Iterator

import pytest

from tests.support.connection import Client, Key
from tests.support.console import Visitor, visitor
from tests.support.html import Page
from tests.support.live import LiveServer
from tests.support.waiting import wait_until

UIN = 100000000001
NOT_REAL_NAME = 100000000002
ALICE = {
    "Name": "Alice",
    "CountryCode": "86",
    "PhoneNumber": "13800138001",
    "Email": "alice.of@example.com",
}


@pytest.fixture(scope="module")
def dev_server() -> Iterator[LiveServer]:
    environ = {
        "YIZHAN_LIMITS_REQUESTS_PER_SECOND": "0",
        "YIZHAN_RECEIVERS_PER_ACCOUNT": "20000",
    }
    with LiveServer(environ=environ) as server:
        yield server


@pytest.fixture
def console(dev_server: LiveServer) -> Iterator[Visitor]:
    dev_server.reset()
    with visitor(dev_server) as found:
        yield found


def test_says_that_dev_has_no_sign_in(console: Visitor) -> None:
    for path in ("/receivers", "/accounts", "/audit", "/settings", "/inspector"):
        assert "there is no sign-in" in console.get(path).text, path


def test_creates_and_deletes_by_calls_that_the_inspector_shows(console: Visitor) -> None:
    created = console.post("/receivers/create", uin=UIN, **ALICE)
    deleted = console.post("/receivers/delete", uin=UIN, Name="Alice")

    assert "Alice" in Page.of(created.text).text
    assert "No receivers yet" in Page.of(deleted.text).text
    calls = console.calls(client="Console", hide_reads="1")
    assert [(call["action"], call["code"]) for call in calls] == [
        ("CreateMessageReceiver", "OK"),
        ("DeleteMessageReceiver", "OK"),
    ]
    assert len({call["trace_id"] for call in calls}) == 1
    drawer = Page.of(deleted.text)
    links = [link for link in drawer.links if link.startswith("/requests/")]
    assert f"/requests/{calls[0]['request_id']}" in links


def test_a_refusal_is_shown_with_its_code_and_keeps_what_was_filled_in(console: Visitor) -> None:
    page = console.post("/receivers/create", uin=NOT_REAL_NAME, **ALICE)

    shown = Page.of(page.text)
    assert "InvalidParameter.UserNotAuth" in shown.text
    assert "/docs/errors/InvalidParameter.UserNotAuth" in shown.links
    assert shown.first("input", name="Name")["value"] == "Alice"


def test_masks_until_somebody_reveals_which_is_audited(console: Visitor) -> None:
    listed = console.post("/receivers/create", uin=UIN, **ALICE).text
    uid = re.search(r'name="uid" value="(\d+)"', listed)
    assert uid is not None

    revealed = console.post("/receivers/reveal", uin=UIN, uid=uid[1]).text
    after = console.get("/receivers", uin=UIN).text

    for text in (ALICE["PhoneNumber"], ALICE["Email"]):
        assert text not in listed
        assert text in revealed
        assert text not in after
    audit = Page.of(console.get("/audit").text).text
    assert "receiver.reveal" in audit
    assert ALICE["Email"] not in audit


def test_finds_receivers_by_name_and_remark_and_turns_pages(
    console: Visitor, dev_server: LiveServer
) -> None:
    rows = "".join(
        f"r{n},86,1380013{n:04},r{n}@example.com,{'团队' if n % 2 else ''}\n" for n in range(45)
    )
    import_file(console, "Name,CountryCode,PhoneNumber,Email,Remark\n" + rows)

    first = console.get("/receivers", uin=UIN)
    third = console.get("/receivers", uin=UIN, page=3)
    odd = console.get("/receivers", uin=UIN, q="团队")
    one = console.get("/receivers", uin=UIN, q="R44")

    assert "Page 1 of 3 · 45 in all" in Page.of(first.text).text
    assert "r44" in Page.of(third.text).text
    assert "22 in all" in Page.of(odd.text).text
    assert "1 in all" in Page.of(one.text).text


def test_makes_accounts_users_and_keys_that_work(console: Visitor, dev_server: LiveServer) -> None:
    made = console.post("/accounts", name="team", uin="100000000555", real_name="yes")
    users = console.post(
        "/accounts/100000000555/user.create", **{"name": "bot", "cam:ListReceiver": "1"}
    )
    user = re.search(r'name="user" value="(\d+)"', users.text)
    assert user is not None
    keyed = console.post("/accounts/100000000555/key.create", user=user[1])

    assert "The account was made" in Page.of(made.text).text
    key = key_on(keyed.text)
    with Client(dev_server, key) as client:
        assert client.call("ListReceiver").code == ""
        assert client.create("x") == "AuthFailure.UnauthorizedOperation"
    assert key.secret_key not in console.get("/accounts/100000000555").text

    console.post("/accounts/100000000555/key.disable", secret_id=key.secret_id)
    with Client(dev_server, key) as client:
        assert client.call("ListReceiver").code == "AuthFailure.SecretIdNotFound"
    operations = [text for text in OPERATIONS if text in console.get("/audit").text]
    assert operations == list(OPERATIONS)


OPERATIONS = ("account.create", "user.create", "key.create", "key.disable")


def key_on(html: str) -> Key:
    """The key pair that the page shows once."""
    found = re.findall(r"<dd><code>(\w+)</code></dd>", html)
    return Key(found[0], found[1])


def test_changes_real_name_state_and_gives_the_quota_back(
    console: Visitor, dev_server: LiveServer
) -> None:
    console.post(f"/accounts/{NOT_REAL_NAME}/account.change", real_name="yes")
    for number in range(10):
        console.post("/receivers/create", uin=NOT_REAL_NAME, **(ALICE | {"Name": f"n{number}"}))
    spent = console.post("/receivers/create", uin=NOT_REAL_NAME, **(ALICE | {"Name": "n10"}))
    page = Page.of(console.get(f"/accounts/{NOT_REAL_NAME}").text)

    assert "LimitExceeded.Uin" in Page.of(spent.text).text
    assert "10 / 10" in page.text
    assert "begins anew at" in page.text

    console.post(f"/accounts/{NOT_REAL_NAME}/quota.reset")
    again = console.post("/receivers/create", uin=NOT_REAL_NAME, **(ALICE | {"Name": "n10"}))
    assert again.url.params["did"]
    assert "CreateMessageReceiver: Success" in " ".join(Page.of(again.text).text.split())


def test_shows_settings_and_where_each_comes_from(console: Visitor) -> None:
    page = Page.of(console.get("/settings").text)

    assert "environment YIZHAN_RECEIVERS_PER_ACCOUNT" in page.text
    assert "the default of dev" in page.text
    assert "/docs/settings#limitscreates_per_day" in page.links


@pytest.mark.parametrize("kind", ["json", "csv", "terraform"])
def test_exports_what_was_created_and_audits_it(console: Visitor, kind: str) -> None:
    console.post("/receivers/create", uin=UIN, **ALICE)

    file = console.post("/receivers/export", uin=UIN, format=kind)

    assert file.headers["content-disposition"].startswith("attachment")
    if kind == "json":
        assert json.loads(file.text)[0]["PhoneNumber"] == ALICE["PhoneNumber"]
    elif kind == "csv":
        rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert rows[0]["Email"] == ALICE["Email"]
    else:
        assert f'"{ALICE["PhoneNumber"]}"' in file.text
    assert "receiver.export" in console.get("/audit").text


def import_file(console: Visitor, content: str) -> str:
    """Dry run and import; the job's page at its end."""
    planned = console.http.post(
        "/receivers/import",
        data={"uin": str(UIN)},
        files={"file": ("receivers.csv", content.encode())},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )
    assert planned.status_code == 200, planned.text
    job = str(planned.url.path)
    console.post(job)
    wait_until(
        lambda: console.get(f"{job}/progress").json()["state"] == "done", seconds=30, what="import"
    )
    return console.get(job).text


def test_an_import_says_first_what_each_line_would_do(
    console: Visitor, dev_server: LiveServer
) -> None:
    console.post("/receivers/create", uin=UIN, **ALICE)
    content = (
        "Name,CountryCode,PhoneNumber,Email,Remark\n"
        "Alice,86,13800138001,alice.of@example.com,\n"
        "Alice,86,13800138002,alice.of@example.com,\n"
        "Bob,86,1380013,bob@example.com,\n"
        "Carol,86,13800138003,carol@example.com,\n"
    )

    planned = console.http.post(
        "/receivers/import",
        data={"uin": str(UIN)},
        files={"file": ("r.csv", content.encode())},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )
    text = Page.of(planned.text).text
    with Client(dev_server) as client:
        before = len(client.all_receivers())
    done = import_file(console, content)

    assert before == 1
    for word in ("already there", "repeated", "invalid", "create"):
        assert word in text
    assert "Imported: 1." in Page.of(done).text
    with Client(dev_server) as client:
        assert [each["Name"] for each in client.all_receivers()] == ["Alice", "Carol"]


def test_to_import_again_adds_nothing(console: Visitor, dev_server: LiveServer) -> None:
    rows = "".join(f"r{n},86,1380013{n:04},r{n}@example.com\n" for n in range(300))
    content = "Name,CountryCode,PhoneNumber,Email\n" + rows

    import_file(console, content)
    again = console.http.post(
        "/receivers/import",
        data={"uin": str(UIN)},
        files={"file": ("r.csv", content.encode())},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )

    assert "already there 300" in Page.of(again.text).text
    with Client(dev_server) as client:
        assert len(client.all_receivers()) == 300


def test_a_form_that_another_site_sends_changes_nothing(console: Visitor) -> None:
    forms = {
        "/receivers/create": {"uin": str(UIN)} | ALICE,
        "/receivers/delete": {"uin": str(UIN), "Name": "Alice"},
        "/receivers/reveal": {"uin": str(UIN), "uid": "1"},
        "/receivers/export": {"uin": str(UIN), "format": "json"},
        "/accounts": {"name": "evil"},
        f"/accounts/{UIN}/key.create": {},
        f"/accounts/{UIN}/quota.reset": {},
        "/inspector/recordings": {"name": "evil"},
        "/doctor": {"q": "LimitExceeded.Uin"},
    }
    for path, fields in forms.items():
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "http://evil.example"},
        ):
            answer = console.http.post(path, data=fields, headers=headers)
            assert answer.status_code == 403, (path, headers)
    assert console.calls() == []
    assert "evil" not in console.get("/accounts").text
