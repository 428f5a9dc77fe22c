# SPDX-License-Identifier: Apache-2.0
"""Journeys through the console, with the Inspector beside it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Language, OpenPage, Theme
from tests.support.connection import Client
from tests.support.live import LiveServer, clean_environment
from tests.support.signed import DEV_SECRET_ID, DEV_SECRET_KEY

UIN = 100000000001


def create(page: Page, name: str) -> None:
    page.get_by_text("Create a receiver").click()
    page.get_by_label("Name required").fill(name)
    page.get_by_label("PhoneNumber").fill("132****4539")
    page.get_by_label("Email").fill("57****@qq.com")
    page.get_by_role("button", name="CreateMessageReceiver").click()


def test_a_create_appears_live_and_its_code_makes_the_same_call(
    open_page: OpenPage, server: LiveServer, tmp_path: Path
) -> None:
    inspector = open_page("/inspector?hide_reads=1")
    expect(inspector.get_by_text("live", exact=True)).to_be_visible()
    console = open_page("/receivers")

    create(console, "王小明")

    row = inspector.locator("tr.call")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("CreateMessageReceiver")
    expect(console.locator(".drawer .call").nth(1)).to_contain_text("CreateMessageReceiver")
    row.get_by_role("link", name="CreateMessageReceiver").click()
    expect(inspector.get_by_text("How it was decided")).to_be_visible()
    code = inspector.locator("pre").last.inner_text()
    with Client(server) as client:
        client.delete("王小明")
    (tmp_path / "call.py").write_text(code, "utf-8")
    keys = {
        "TENCENTCLOUD_SECRET_ID": DEV_SECRET_ID,
        "TENCENTCLOUD_SECRET_KEY": DEV_SECRET_KEY,
    }

    done = subprocess.run(
        [sys.executable, "call.py"],
        cwd=tmp_path,
        env=clean_environment(keys),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    with Client(server) as client:
        assert [each["Name"] for each in client.all_receivers()] == ["王小明"]


def test_pauses_and_goes_on_without_losing_a_call(open_page: OpenPage, server: LiveServer) -> None:
    page = open_page("/inspector")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    rows = page.locator("tr.call")
    with Client(server) as client:
        client.create("one")
        expect(rows).to_have_count(1)
        page.get_by_role("button", name="Pause").click()
        client.create("two")
        expect(page.get_by_text("paused")).to_be_visible()
        expect(rows).to_have_count(1)

        page.get_by_role("button", name="Resume").click()

        expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)


def test_deletes_only_after_asking_and_reveals_one_row(open_page: OpenPage) -> None:
    page = open_page("/receivers")
    create(page, "Alice")
    expect(page.locator("main .verdict")).to_contain_text("Success")

    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("tbody tr")).to_contain_text("132****4539")
    page.locator("tbody").get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("No receivers yet")).to_be_visible()


def test_imports_a_file_with_a_dry_run_and_a_progress_bar(
    open_page: OpenPage, tmp_path: Path
) -> None:
    file = tmp_path / "receivers.csv"
    rows = "".join(f"r{n},86,1380013{n:04},r{n}@example.com\n" for n in range(50))
    file.write_text("Name,CountryCode,PhoneNumber,Email\n" + rows + "bad,86,1,x\n", "utf-8")
    page = open_page("/receivers/import")

    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Dry run").click()

    expect(page.locator("tbody tr").first).to_contain_text("invalid")
    page.get_by_role("button", name="Import 50").click()
    expect(page.get_by_text("Imported: 50.")).to_be_visible()


def test_a_recording_is_started_and_stopped_by_hand(
    open_page: OpenPage, server: LiveServer
) -> None:
    page = open_page("/inspector")
    page.get_by_label("Name of the session").fill("by hand")
    page.get_by_role("button", name="Record a session").click()
    with Client(server) as client:
        client.create("x")

    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_role("heading", name="by hand")).to_be_visible()
    expect(page.locator("pre").first).to_contain_text('Name="x"')


def test_the_console_works_without_script(open_page: OpenPage, server: LiveServer) -> None:
    page = open_page("/receivers", scripts=False)

    create(page, "no script")

    expect(page.locator("tbody")).to_contain_text("no script")
    with Client(server) as client:
        assert len(client.all_receivers()) == 1


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_pages_with_something_on_them_are_accessible(
    open_page: OpenPage, server: LiveServer, language: Language, theme: Theme
) -> None:
    with Client(server) as client:
        client.create("Alice", 1)
        refused = client.call("CreateMessageReceiver", {"Name": "x"}).response["RequestId"]
    for path in ("/receivers", "/inspector", f"/requests/{refused}", "/audit"):
        page = open_page(path, language=language, theme=theme)
        assert_accessible(page)
        assert page.locator("html").get_attribute("lang") == language
        narrow = open_page(path, language=language, size={"width": 320, "height": 800})
        assert not narrow.evaluate("document.documentElement.scrollWidth > innerWidth"), path


def test_only_own_scripts_run(open_page: OpenPage, server: LiveServer) -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    page = open_page("/inspector")
    with Client(server) as client:
        client.call(hostile)
        client.create(hostile[:60])

    expect(page.locator("tr.call")).to_have_count(2)
    expect(page.locator("tr.call img")).to_have_count(0)
    console = open_page("/receivers")
    expect(console.locator("tbody")).to_contain_text(re.compile("script"))
    assert console.locator("tbody img").count() == 0
